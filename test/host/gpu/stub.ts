import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

function compile(): string | null {
  const compiler = Bun.which("gcc") ?? Bun.which("cc");
  if (compiler === null || process.platform !== "linux") return null;
  const library = join(mkdtempSync(join(tmpdir(), "lodestar-nvml-")), "libnvml-stub.so");
  const source = join(import.meta.dir, "programs/nvml-stub.c");
  const built = Bun.spawnSync([compiler, "-shared", "-fPIC", "-o", library, source]);
  if (!built.success) throw new Error(built.stderr.toString());
  return library;
}

/** The management library of `programs/nvml-stub.c`; null where no C compiler is installed. */
export const STUB = compile();

/** For the title of a suite that is left out without a compiler. */
export const WITHOUT_STUB = STUB === null ? " (left out: no C compiler here)" : "";
