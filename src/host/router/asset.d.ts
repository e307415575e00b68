/** A file that the compiled binary carries, imported as its path. */
declare module "*.bin" {
  const path: string;
  // biome-ignore lint/style/noDefaultExport: a file import is the module's default.
  export default path;
}
