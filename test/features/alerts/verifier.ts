import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether a post is genuine, as `docs/budgets.md` tells receivers to check it. */
export type Verify = (
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  secret: string,
  nowMs?: number,
) => boolean;

/** The very code that stands in the documentation. */
export async function verifierOfDocs(): Promise<Verify> {
  const text = readFileSync("docs/budgets.md", "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(text)?.[1];
  if (code === undefined) throw new Error("docs/budgets.md holds no example any more");
  const file = join(mkdtempSync(join(tmpdir(), "lodestar-verify-")), "verify.mjs");
  writeFileSync(file, code);
  const module: { readonly verify: Verify } = await import(file);
  return module.verify;
}
