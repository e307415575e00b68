/** An `.ndjson` file imported as text, so that the compiled binary carries it. */
declare module "*.ndjson" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: a text import is the module's default.
  export default text;
}
