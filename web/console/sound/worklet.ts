/** In the browser's audio thread: what the page hands over is played. */
import { Jitter } from "./jitter.ts";

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

class Player extends AudioWorkletProcessor {
  readonly #jitter = new Jitter();

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#jitter.push(new Int16Array(data));
  }

  process(_inputs: unknown, [output = []]: readonly (readonly Float32Array[])[]): boolean {
    const [left, right] = output;
    if (left && right) this.#jitter.pull(left, right);
    return true;
  }
}

registerProcessor("lodge-sound", Player);
