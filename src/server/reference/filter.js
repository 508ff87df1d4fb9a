// Shows the routes whose method, path, summary or name holds every word that was typed.
const filter = document.querySelector("#filter");
const sections = [...document.querySelectorAll("section[data-route]")];
const entries = new Map([...document.querySelectorAll("nav li[data-of]")].map((li) => [li.dataset.of, li]));

function apply() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of sections) {
    const text = section.dataset.route.toLowerCase();
    const hidden = !words.every((word) => text.includes(word));
    section.hidden = hidden;
    const entry = entries.get(section.id);
    if (entry) entry.hidden = hidden;
  }
}

filter.addEventListener("input", apply);
// A way to a route that is filtered out shows it.
window.addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  if (!target?.hidden) return;
  filter.value = "";
  apply();
  target.scrollIntoView();
});
