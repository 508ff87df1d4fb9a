/** Search filters (RFC 4515) made of an admin's template and of what people type, which is never more than a value in it. */

/** A value that stands for itself, whatever is in it. */
export const escapeValue = (value: string): string =>
  value.replace(/[\\*()\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** What a template may name. */
export type Places = Readonly<Partial<Record<"name" | "dn", string>>>;

export const fillFilter = (template: string, places: Places): string =>
  template.replace(/\{(name|dn)\}/g, (whole, place: keyof Places) => {
    const value = places[place];
    return value === undefined ? whole : escapeValue(value);
  });

/** The same for anybody: what else it asks for still counts. */
export const filterForAll = (template: string): string => template.replaceAll("{name}", "*");

export const any = (filters: readonly string[]): string =>
  filters.length === 1 ? (filters[0] ?? "") : `(|${filters.join("")})`;
