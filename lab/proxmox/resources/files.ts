import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import type { CheckFailure, ResourceType } from "../../protocol/provider.ts";
import { isRecord, isUnknown, type Properties } from "../../protocol/values.ts";
import type { DataCentre } from "../datacentre.ts";
import type { FileState } from "../state.ts";
import { deleteFile, downloadFile, findFile, uploadFile, volumeId } from "../storage.ts";
import { define, withoutNotes } from "./define.ts";
import { applyRules, between, matching, oneOf } from "./rules.ts";

/** MiB that a Talos image of each kind is about. */
const imageMiB: Record<string, number> = { iso: 110, import: 90, vztmpl: 120 };

const algorithms = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/** `download.File` and `FileLegacy`. */
export function fileResources(centre: DataCentre): [string, ResourceType][] {
  return [downloadResource(centre), uploadResource(centre)];
}

function downloadResource(centre: DataCentre): [string, ResourceType] {
  const nameOf = (inputs: Properties) => String(inputs.fileName ?? basename(new URL(String(inputs.url)).pathname));
  const idOf = (inputs: Properties) => volumeId(String(inputs.datastoreId), String(inputs.contentType), nameOf(inputs));
  const outputsOf = (inputs: Properties, sizeMiB: number): Properties => ({
    ...withoutNotes(inputs),
    fileName: nameOf(inputs),
    size: sizeMiB * 1024 ** 2,
  });
  return define({
    token: "proxmoxve:download/file:File",
    defaults: { overwrite: true, overwriteUnmanaged: false, uploadTimeout: 600, verify: true },
    validate: (inputs) => [
      ...applyRules(inputs, {
        contentType: oneOf("iso", "vztmpl", "import"),
        url: matching(/^https?:\/\/.+/, "must match https?://.*"),
        checksumAlgorithm: oneOf(...algorithms),
        decompressionAlgorithm: oneOf("gz", "lzo", "zst", "bz2"),
        uploadTimeout: between(1, 86_400),
      }),
      ...together(inputs, "checksum", "checksumAlgorithm"),
    ],
    replaces: [
      "checksum",
      "checksumAlgorithm",
      "contentType",
      "datastoreId",
      "decompressionAlgorithm",
      "fileName",
      "nodeName",
      "url",
      "verify",
    ],
    async create(inputs) {
      const host = String(inputs.nodeName);
      const sizeMiB = imageMiB[String(inputs.contentType)] ?? 100;
      await centre.call("GET /nodes/{node}/query-url-metadata", String(inputs.url), () => centre.host(host));
      if (inputs.overwriteUnmanaged === true && findFile(centre, host, idOf(inputs))) {
        await deleteFile(centre, host, idOf(inputs));
      }
      await downloadFile(centre, host, String(inputs.datastoreId), {
        contentType: String(inputs.contentType),
        name: nameOf(inputs),
        url: String(inputs.url),
        sizeMiB,
      });
      return { id: idOf(inputs), outputs: outputsOf(inputs, sizeMiB) };
    },
    async read(id, inputs) {
      const found = await look(centre, id, inputs);
      if (!found) return undefined;
      const { host, volume, file } = found;
      const [storage = "", path = ""] = volume.split(":");
      const imported = {
        contentType: file.contentType,
        datastoreId: storage,
        fileName: path.split("/").at(-1),
        nodeName: host,
        url: file.url,
      };
      const current = Object.keys(inputs).length > 0 ? inputs : imported;
      return { id: volume, inputs: current, outputs: outputsOf(current, file.sizeMiB) };
    },
    async update(_id, _olds, news, oldOutputs) {
      return outputsOf(news, Number(oldOutputs.size) / 1024 ** 2);
    },
    delete: (id, inputs) => deleteFile(centre, String(inputs.nodeName), id),
  });
}

/** Finds a file by its volume id, or by an import's id, which has the host before it. */
async function look(
  centre: DataCentre,
  id: string,
  inputs: Properties,
): Promise<{ host: string; volume: string; file: FileState } | undefined> {
  const [storage = ""] = id.split(":");
  const host = storage.includes("/") ? (storage.split("/")[0] ?? "") : String(inputs.nodeName);
  const volume = storage.includes("/") ? id.slice(host.length + 1) : id;
  return centre.call("GET /nodes/{node}/storage/{storage}/content", `${host}/${volume}`, () => {
    const file = findFile(centre, host, volume);
    return file ? { host, volume, file } : undefined;
  });
}

function together(inputs: Properties, first: string, second: string): CheckFailure[] {
  if ((inputs[first] === undefined) === (inputs[second] === undefined)) return [];
  const [given, missing] = inputs[first] === undefined ? [second, first] : [first, second];
  return [{ property: given, reason: `${missing} must be given with ${given}` }];
}

function uploadResource(centre: DataCentre): [string, ResourceType] {
  const source = (inputs: Properties): { name: string; sizeMiB: number } => {
    if (isRecord(inputs.sourceRaw)) {
      const { fileName, data } = inputs.sourceRaw;
      return { name: String(fileName), sizeMiB: Buffer.byteLength(String(data)) / 1024 ** 2 };
    }
    const file = inputs.sourceFile as Properties;
    const path = String(file.path);
    const name = String(file.fileName ?? basename(path));
    if (/^https?:\/\//.test(path)) return { name, sizeMiB: imageMiB[contentTypeOf(inputs, name)] ?? 1 };
    try {
      return { name, sizeMiB: statSync(path).size / 1024 ** 2 };
    } catch {
      throw new Error(`failed to open file: open ${path}: no such file or directory`);
    }
  };
  const outputsOf = (inputs: Properties, name: string, sizeMiB: number): Properties => ({
    ...withoutNotes(inputs),
    contentType: contentTypeOf(inputs, name),
    fileName: name,
    fileSize: Math.round(sizeMiB * 1024 ** 2),
    fileTag: "",
    fileModificationDate: "",
  });
  return define({
    token: "proxmoxve:index/fileLegacy:FileLegacy",
    defaults: { overwrite: true, timeoutUpload: 1800, sourceFile: { changed: false, insecure: false } },
    validate(inputs) {
      const failures = applyRules(inputs, {
        contentType: oneOf("backup", "import", "iso", "snippets", "vztmpl"),
        fileMode: matching(/^0?[0-7]{3}$/, "must be octal such as 0700"),
      });
      if ((inputs.sourceFile === undefined) === (inputs.sourceRaw === undefined)) {
        failures.push({ property: "sourceFile", reason: "exactly one of sourceFile and sourceRaw must be set" });
      }
      const name = isRecord(inputs.sourceRaw) ? inputs.sourceRaw.fileName : undefined;
      if (name !== undefined && !isUnknown(name) && contentTypeOf(inputs, String(name)) === "snippets") {
        failures.push({
          property: "contentType",
          reason: "snippets need SSH to the host, which the lab does not offer",
        });
      }
      return failures;
    },
    replaces: ["contentType", "datastoreId", "fileMode", "nodeName", "sourceFile", "sourceRaw"],
    async create(inputs) {
      const { name, sizeMiB } = source(inputs);
      const contentType = contentTypeOf(inputs, name);
      const host = String(inputs.nodeName);
      const id = volumeId(String(inputs.datastoreId), contentType, name);
      if (inputs.overwrite === false && findFile(centre, host, id)) {
        throw new Error(`file "${name}" already exists in the datastore`);
      }
      await uploadFile(centre, host, String(inputs.datastoreId), { contentType, name, sizeMiB });
      return { id, outputs: outputsOf(inputs, name, sizeMiB) };
    },
    async read(id, inputs) {
      const found = await look(centre, id, inputs);
      if (!found) return undefined;
      const { volume, file } = found;
      const name = volume.split("/").at(-1) ?? "";
      return { id: volume, outputs: outputsOf(inputs, name, file.sizeMiB) };
    },
    async update(_id, _olds, news, oldOutputs) {
      return { ...oldOutputs, ...withoutNotes(news) };
    },
    delete: (id, inputs) => deleteFile(centre, String(inputs.nodeName), id),
  });
}

function contentTypeOf(inputs: Properties, name: string): string {
  if (typeof inputs.contentType === "string" && !isUnknown(inputs.contentType)) return inputs.contentType;
  const ending = extname(name).toLowerCase();
  if (ending === ".iso" || ending === ".img") return "iso";
  if (ending === ".yaml" || ending === ".yml") return "snippets";
  return ending === ".qcow2" || ending === ".raw" ? "import" : "vztmpl";
}
