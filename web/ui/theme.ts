/** How everything looks: one accent, quiet greys, dense rows. Colours are chosen for WCAG AA on both grounds. */
import { Button, createTheme, type MantineColorsTuple } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#e8f5ef",
  "#d0e9dd",
  "#a3d4bd",
  "#72bd99",
  "#48a87b",
  "#2b9467",
  "#1d7a56",
  "#176548",
  "#10513a",
  "#083a29",
];

const gray: MantineColorsTuple = [
  "#fafafa",
  "#f4f4f5",
  "#e9e9eb",
  "#dcdcdf",
  "#c4c4c9",
  "#8f8f98",
  "#62626b",
  "#46464e",
  "#2b2b31",
  "#18181b",
];

const dark: MantineColorsTuple = [
  "#ececee",
  "#b6b6bd",
  "#a1a1aa",
  "#6b6b74",
  "#3a3a41",
  "#2a2a30",
  "#1e1e23",
  "#151518",
  "#101012",
  "#0a0a0b",
];

export const theme = createTheme({
  primaryColor: "pine",
  primaryShade: { light: 6, dark: 6 },
  colors: { pine, gray, dark },
  black: "#18181b",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "15px" } } },
  defaultRadius: "6px",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "xs" }, styles: { root: { fontWeight: 500 } } }),
    Menu: { defaultProps: { shadow: "md", position: "bottom-end", withInitialFocusPlaceholder: false } },
    // Locking the page's scroll would write a style of its own for each width of a scroll bar.
    Modal: { defaultProps: { lockScroll: false, centered: true, radius: "md" } },
    Drawer: { defaultProps: { lockScroll: false } },
  },
});
