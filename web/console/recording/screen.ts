/** The screen that a recording's frames draw. What is drawn shows when it is whole. */
import { readFrame, type Drawn } from "#contract/recording/frame";

/** No colour is to become another one on the way. */
const exact = { colorSpaceConversion: "none", premultiplyAlpha: "none" } as const;

export class RecordedScreen {
  readonly #canvas: HTMLCanvasElement;
  readonly #shown: CanvasRenderingContext2D;
  readonly #back = new OffscreenCanvas(1, 1);
  readonly #drawn: OffscreenCanvasRenderingContext2D;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#shown = canvas.getContext("2d", { alpha: false })!;
    this.#drawn = this.#back.getContext("2d", { alpha: false })!;
  }

  /** Draws a frame over those before it. @throws LodgeError recording.damaged */
  async draw(bytes: Uint8Array): Promise<void> {
    const { width, height, rectangles } = readFrame(bytes);
    const images = await Promise.all(rectangles.map(imageOf));
    if (this.#back.width !== width || this.#back.height !== height)
      Object.assign(this.#back, { width, height });
    rectangles.forEach((rectangle, index) => this.#put(rectangle, images[index]));
  }

  /** Shows what has been drawn. */
  show(): void {
    const { width, height } = this.#back;
    if (this.#canvas.width !== width || this.#canvas.height !== height)
      Object.assign(this.#canvas, { width, height });
    this.#shown.drawImage(this.#back, 0, 0);
  }

  #put(rectangle: Drawn, image: ImageBitmap | undefined): void {
    const { x, y, width, height } = rectangle;
    if (image) {
      this.#drawn.drawImage(image, x, y);
      image.close();
    } else if (rectangle.is === "colour") {
      this.#drawn.fillStyle = `rgb(${rectangle.colour.join()})`;
      this.#drawn.fillRect(x, y, width, height);
    } else this.#drawn.putImageData(pixelsOf(rectangle.bytes, width, height), x, y);
  }
}

async function imageOf(drawn: Drawn): Promise<ImageBitmap | undefined> {
  if (drawn.is !== "jpeg" && drawn.is !== "png") return undefined;
  const blob = new Blob([drawn.bytes as Uint8Array<ArrayBuffer>], { type: `image/${drawn.is}` });
  return createImageBitmap(blob, exact);
}

/** Blue, green, red and nothing become red, green, blue and no transparency. */
function pixelsOf(bytes: Uint8Array, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  for (let at = 0; at < bytes.length; at += 4) {
    image.data[at] = bytes[at + 2]!;
    image.data[at + 1] = bytes[at + 1]!;
    image.data[at + 2] = bytes[at]!;
    image.data[at + 3] = 255;
  }
  return image;
}
