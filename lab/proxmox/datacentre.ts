import type { World } from "../world/world.ts";
import { ProxmoxError } from "./errors.ts";
import type { HostState, ProxmoxState, StorageState } from "./state.ts";
import { Tasks } from "./tasks.ts";

/** What every part of the data centre works with: its state, the world around it, and the door that calls come in by. */
export class DataCentre {
  readonly world: World;
  readonly state: ProxmoxState;
  readonly tasks: Tasks;

  constructor(world: World, state: ProxmoxState) {
    this.world = world;
    this.state = state;
    this.tasks = new Tasks(world);
  }

  /**
   * One call of the REST API: counted as `proxmox.<method> <path>`, with faults acting on it before and after.
   * @param route method and path with names in place of values, such as `POST /nodes/{node}/qemu`
   */
  async call<T>(route: string, subject: string, work: () => T | Promise<T>): Promise<T> {
    const call = { provider: "proxmox", operation: route, token: "", subject };
    await this.world.enter(call);
    const answer = await work();
    if (!route.startsWith("GET ")) this.world.touch();
    await this.world.leave(call);
    return answer;
  }

  /** @throws ProxmoxError when there is no such host */
  host(name: string): HostState {
    const host = this.state.hosts[name];
    if (!host)
      throw new ProxmoxError(596, `hostname lookup '${name}' failed - failed to get address info for: ${name}`);
    return host;
  }

  /** @throws ProxmoxError when there is no such storage or it does not take that content */
  storage(name: string, content: string): StorageState {
    const storage = this.state.storages[name];
    if (!storage) throw new ProxmoxError(500, `storage '${name}' does not exist`);
    if (!storage.content.includes(content)) {
      throw new ProxmoxError(500, `storage '${name}' does not support content-type '${content}'`);
    }
    return storage;
  }
}
