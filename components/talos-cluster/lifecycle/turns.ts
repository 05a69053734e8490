/** Lets those who come go one after the other. */
export class Turns {
  /** Ends when the last of those that came has gone. */
  private last: Promise<void> = Promise.resolve();

  /** Waits for those that came before; answers what lets the next one go. */
  async take(): Promise<() => void> {
    const before = this.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.last = promise;
    await before;
    return resolve;
  }
}
