/**
 * Frozen layers on their way to this host. Several guests may stand on one, as forks of one template do, and move here at once: one
 * brings it, and the others wait until it is there.
 */
import { SerialQueue } from "#base/queue";

export class LayersComing {
  readonly #queues = new Map<string, SerialQueue>();

  has(layer: string): boolean {
    return this.#queues.has(layer);
  }

  /** Runs it while nobody else brings one of these. */
  bring<T>(layers: readonly string[], work: () => Promise<T>): Promise<T> {
    // In one order for all, so that no two wait for each other.
    const whole = layers.toSorted().reduce((next, layer) => () => this.#alone(layer, next), work);
    return whole();
  }

  async #alone<T>(layer: string, task: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(layer) ?? new SerialQueue();
    this.#queues.set(layer, queue);
    try {
      return await queue.run(task);
    } finally {
      if (queue.length === 0) this.#queues.delete(layer);
    }
  }
}
