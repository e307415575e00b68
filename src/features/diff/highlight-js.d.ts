declare module "highlight.js/lib/languages/*" {
  const grammar: (engine: unknown) => object;
  // biome-ignore lint/style/noDefaultExport: so the module is.
  export default grammar;
}
