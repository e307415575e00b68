const transpilers = new Map<"ts" | "tsx", Bun.Transpiler>();

function transpilerFor(loader: "ts" | "tsx"): Bun.Transpiler {
  const known = transpilers.get(loader);
  if (known !== undefined) return known;
  const made = new Bun.Transpiler({ loader });
  transpilers.set(loader, made);
  return made;
}

/** Not the form of the text: pieces of documentation return at the top, or show two ways of one thing. */
const NOT_SYNTAX = /already been declared|Top-level return|"await" can only|Cannot assign to/;

function problemsOf(error: unknown): readonly string[] {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.map((one) => (one instanceof Error ? one.message : String(one)));
}

function problemAs(loader: "ts" | "tsx", code: string): string | null {
  try {
    transpilerFor(loader).transformSync(code);
    return null;
  } catch (error) {
    return problemsOf(error).find((problem) => !NOT_SYNTAX.test(problem)) ?? null;
  }
}

/** Why a text is neither TSX nor TypeScript (so no JavaScript and no JSX either) to Bun's parser; null where it parses. Nothing runs. */
export function scriptProblem(code: string): string | null {
  const problem = problemAs("tsx", code);
  return problem === null || problemAs("ts", code) === null ? null : problem;
}
