/** A terminal's output as text to read: without the sequences that colour it or move its cursor (ECMA-48). */
// oxlint-disable-next-line no-control-regex
const sequences =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|[\u0000-\u0008\u000b-\u001f\u007f]/g;

export const plain = (output: string): string => output.replaceAll("\r\n", "\n").replace(sequences, "");
