/** Has something the label that is wanted: "key", or "key=value"? */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const cut = wanted.indexOf("=");
  const key = cut < 0 ? wanted : wanted.slice(0, cut);
  return Object.hasOwn(labels, key) && (cut < 0 || labels[key] === wanted.slice(cut + 1));
}
