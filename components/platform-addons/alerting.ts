/**
 * Where Alertmanager sends alerts.
 *
 * Facts: github.com/prometheus/alertmanager, v0.28: docs/configuration.md: route, receivers, `url_file`, `api_url_file`,
 * `auth_password_file`, `inhibit_rules`; the operator mounts the Secrets of `alertmanagerSpec.secrets` below /etc/alertmanager/secrets.
 */
import { z } from "zod";
import type { Problem } from "../../config/problems.ts";
import { either } from "../../config/suggest.ts";
import { type ExpectedSecret, secretPlaceholder, type Values } from "./addon.ts";

const receiver = z.discriminatedUnion("type", [
  z.strictObject({
    /** A channel at Slack; the secret is the webhook's address. */
    type: z.literal("slack"),
    /** `#alerts` */
    channel: z.string().min(1),
  }),
  z.strictObject({
    /** Anything that takes Alertmanager's own messages; the secret is its address. */
    type: z.literal("webhook"),
  }),
  z.strictObject({
    /** Mail; the secret is the password at the mail server. */
    type: z.literal("email"),
    to: z.email(),
    from: z.email(),
    /** Mail server: `mail.example.net:587`. */
    server: z.string().regex(/^[^\s:]+:\d+$/, "a host name and a port"),
    /** User at the mail server. @default the sender's address */
    username: z.string().min(1).optional(),
  }),
]);

/** Settings of the central stack. */
export const alertSettings = z.strictObject({
  /** Who alerts are sent to, by a name; the secret of `ops` stands in `orrery:alertsOps`. */
  receivers: z.record(z.string().regex(/^[a-z][a-z0-9]*$/, "lower-case letters and digits"), receiver),
  /** Receiver of what no route takes. */
  default: z.string().min(1),
  /** Routes, the first that matches takes an alert. @default none */
  routes: z
    .array(
      z.strictObject({
        /** Conditions that all have to hold: `severity = critical`, `cluster =~ "sol|luna"`. */
        matchers: z.array(z.string().regex(/^\w+\s*(=|!=|=~|!~)\s*\S/, "a label, an operator and a value")).min(1),
        /** Who gets it. */
        receiver: z.string().min(1),
        /** Later routes are looked at as well. @default false */
        continue: z.boolean().default(false),
      }),
    )
    .default([]),
  /** Receiver of the alert that always fires, which tells somebody outside when it no longer comes. @default none */
  watchdog: z.string().min(1).optional(),
  /** How often an alert that goes on is sent again, in hours. @default 12 */
  repeatHours: z.number().min(1).default(12),
});
export type AlertSettings = z.output<typeof alertSettings>;

/** Receivers that routes name and that are not there. */
export function alertProblems({ receivers, routes, watchdog, ...rest }: AlertSettings): Problem[] {
  const named: [string, string | undefined][] = [
    ["alerts.default", rest.default],
    ["alerts.watchdog", watchdog],
    ...routes.map((route, index): [string, string] => [`alerts.routes[${index}].receiver`, route.receiver]),
  ];
  return named
    .filter(([, name]) => name !== undefined && !(name in receivers))
    .map(([path, name]) => ({
      path,
      value: name,
      message: "is none of the receivers",
      allowed: either(Object.keys(receivers)),
    }));
}

/** One for each receiver. */
export function alertSecrets({ receivers }: AlertSettings, namespace: string): ExpectedSecret[] {
  return Object.entries(receivers).map(([name, { type }]) => ({
    configKey: `alerts${name[0]?.toUpperCase()}${name.slice(1)}`,
    description: `${type === "email" ? "password at the mail server" : "address of the webhook"} for alerts to ${name}`,
    name: secretName(name),
    namespace,
    keys: { value: secretPlaceholder },
  }));
}

/** Chart values below `alertmanager`. */
export function alertValues(settings: AlertSettings): Values {
  const { receivers, routes, watchdog, repeatHours } = settings;
  const names = Object.keys(receivers).sort();
  return {
    config: {
      route: {
        receiver: settings.default,
        group_by: ["cluster", "namespace", "alertname"],
        repeat_interval: `${repeatHours}h`,
        routes: [
          {
            matchers: ["alertname = Watchdog"],
            receiver: watchdog ?? "null",
            ...(watchdog ? { repeat_interval: "5m" } : {}),
          },
          // It is there to silence others, and tells nothing itself.
          { matchers: ["alertname = InfoInhibitor"], receiver: "null" },
          ...routes,
        ],
      },
      inhibit_rules: inhibitions,
      receivers: [{ name: "null" }, ...names.map((name) => receiverOf(name, receivers[name] as Receiver))],
    },
    alertmanagerSpec: { secrets: names.map(secretName) },
  };
}

/**
 * What an alert silences: the same one in a lower severity, and notes about a namespace without other alerts. The chart's
 * rules say the same without the cluster; here alerts of several clusters meet, whose namespaces are called alike.
 */
const inhibitions: Values[] = [
  {
    source_matchers: ["severity = critical"],
    target_matchers: ["severity =~ warning|info"],
    equal: ["cluster", "namespace", "alertname"],
  },
  {
    source_matchers: ["severity = warning"],
    target_matchers: ["severity = info"],
    equal: ["cluster", "namespace", "alertname"],
  },
  {
    source_matchers: ["alertname = InfoInhibitor"],
    target_matchers: ["severity = info"],
    equal: ["cluster", "namespace"],
  },
];

type Receiver = z.output<typeof receiver>;

function receiverOf(name: string, to: Receiver): Values {
  const file = `/etc/alertmanager/secrets/${secretName(name)}/value`;
  if (to.type === "slack") {
    return { name, slack_configs: [{ channel: to.channel, api_url_file: file, send_resolved: true }] };
  }
  if (to.type === "webhook") return { name, webhook_configs: [{ url_file: file, send_resolved: true }] };
  const { from, server, username } = to;
  return {
    name,
    email_configs: [
      {
        to: to.to,
        from,
        smarthost: server,
        auth_username: username ?? from,
        auth_password_file: file,
        send_resolved: true,
      },
    ],
  };
}

function secretName(receiverName: string): string {
  return `alertmanager-${receiverName}`;
}
