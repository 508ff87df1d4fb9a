/** Opens the window in which a desktop is looked at: its own, so that the list stays beside it. */
export function openShadow(desktop: string, control: boolean): void {
  window.open(
    `/help-desk/${desktop}${control ? "?control" : ""}`,
    `lodge-shadow-${desktop}`,
    "width=1320,height=820",
  );
}
