import { parse } from "yaml";

/**
 * A program that behaves towards the gateway and the terminal as Aider does: it takes the base URL and key from the
 * environment and the headers from the model settings file, streams an answer for each word behind `--ask`, then waits
 * for a `q` on standard input (or ends at once with `--quit`) and leaves with exit code 5.
 */
const words = process.argv.slice(2);

function after(name: string): string {
  return words[words.indexOf(name) + 1] ?? "";
}

interface ModelSettings {
  readonly name: string;
  readonly extra_params?: { readonly extra_headers?: Record<string, string> };
}

const settings: readonly ModelSettings[] = parse(await Bun.file(after("--model-settings-file")).text());
const headers = settings.find(({ name }) => name === "aider/extra_params")?.extra_params?.extra_headers ?? {};

async function ask(model: string): Promise<void> {
  const response = await fetch(`${process.env.OPENAI_API_BASE}/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${process.env.OPENAI_API_KEY}`,
      ...headers,
    },
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "add a test" }] }),
  });
  process.stdout.write(`\u001b[32m${response.status}\u001b[0m ${(await response.text()).length} bytes\r\n`);
}

process.stdout.write(`aider ${process.stdout.columns}x${process.stdout.rows}\r\n`);
for (const model of after("--ask").split(",")) await ask(model);
process.stdout.write("\u001b[Jdone> ");
if (!words.includes("--quit")) {
  process.stdin.setRawMode?.(true);
  for await (const bytes of process.stdin) if (String(bytes).includes("q")) break;
}
process.exit(5);
