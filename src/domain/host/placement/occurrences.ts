/** Where what is: on which hosts a term, a template, an image or a label is, and how often. */

export class Occurrences {
  readonly #hosts = new Map<string, Map<string, number>>();

  change(term: string, host: string, by: 1 | -1): void {
    const hosts = this.#hosts.get(term) ?? new Map<string, number>();
    const count = (hosts.get(host) ?? 0) + by;
    if (count > 0) hosts.set(host, count);
    else hosts.delete(host);
    if (hosts.size > 0) this.#hosts.set(term, hosts);
    else this.#hosts.delete(term);
  }

  on(term: string): ReadonlyMap<string, number> {
    return this.#hosts.get(term) ?? nowhere;
  }

  count(term: string, host: string): number {
    return this.#hosts.get(term)?.get(host) ?? 0;
  }
}

const nowhere: ReadonlyMap<string, number> = new Map();
