/**
 * One question for all who want to know something at about the same time. Nobody is answered with what was asked before he wanted to
 * know: while a question is under way, those who come meanwhile share the next one.
 */
export class AskedTogether<T> {
  readonly #question: () => Promise<T>;
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(question: () => Promise<T>) {
    this.#question = question;
  }

  ask(): Promise<T> {
    if (!this.#current) return this.#begin();
    const begin = () => {
      this.#next = undefined;
      return this.#begin();
    };
    this.#next ??= this.#current.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<T> {
    const asked = this.#question().finally(() => {
      if (this.#current === asked) this.#current = undefined;
    });
    this.#current = asked;
    return asked;
  }
}
