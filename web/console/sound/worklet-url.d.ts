/** The address of a module that Vite makes a file of its own. */
declare module "*?worker&url" {
  const url: string;
  export default url;
}
