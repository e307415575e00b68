import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { callOllama, type OllamaLine, problemOf } from "../../../src/features/local-catalog/ollama-stream.ts";

let send: (request: Request) => Response = () => new Response("");
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => send(request) });
afterAll(() => server.stop(true));

async function linesOf(): Promise<readonly OllamaLine[]> {
  const { signal } = new AbortController();
  return Array.fromAsync(callOllama({ baseUrl: `${server.url.origin}/`, path: "/api/pull", body: {}, signal }));
}

/** A body in pieces, each of which is its own chunk. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]): Response {
  const edges = [0, ...[...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length];
  return new Response(
    new ReadableStream({
      async start(controller) {
        for (const [index, edge] of edges.slice(1).entries()) {
          controller.enqueue(bytes.slice(edges[index], edge));
          await Bun.sleep(0);
        }
        controller.close();
      },
    }),
  );
}

describe("what Ollama says", () => {
  test("is the same lines however it is cut, with or without a last line end", async () => {
    const status = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.nat(400), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(status, cuts, fc.boolean(), async (words, at, hasEnd) => {
        const bodies = words.map((word) => ({ status: word }));
        const text = bodies.map((body) => JSON.stringify(body)).join("\n") + (hasEnd ? "\n" : "");
        send = () => inPieces(new TextEncoder().encode(text), at);
        expect(await linesOf()).toEqual(bodies.map((body) => ({ ok: true, body })));
      }),
      { numRuns: 60 },
    );
  });

  test("goes to the server's own path, without a doubled slash", async () => {
    send = (request) => Response.json({ path: new URL(request.url).pathname });
    expect(await linesOf()).toEqual([{ ok: true, body: { path: "/api/pull" } }]);
  });

  test("ends with a problem where the connection breaks off in the middle", async () => {
    const said = '{"status":"pulling"}\n';
    const head = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${said.length.toString(16)}\r\n${said}\r\n`;
    const answer = (socket: Bun.Socket): void => void socket.write(head);
    const broken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: answer } });
    const { signal } = new AbortController();
    const lines: OllamaLine[] = [];
    for await (const line of callOllama({ baseUrl: `http://127.0.0.1:${broken.port}`, path: "/x", body: {}, signal })) {
      lines.push(line);
      broken.stop(true);
    }
    expect(lines).toMatchObject([
      { ok: true },
      { ok: false, problem: { code: "ollama_unreachable", message: expect.stringContaining("broke off") } },
    ]);
  });

  const words: readonly (readonly [string, string])[] = [
    ["write /m/x-partial: no space left on device", "disk_full"],
    ["write: disk quota exceeded", "disk_full"],
    ["the model you are pulling requires a newer version of Ollama", "ollama_too_old"],
    ["pull model manifest: file does not exist", "model_not_in_library"],
    ["model 'x' not found", "model_not_found"],
    ["llama runner process has terminated", "ollama_refused"],
  ];
  test.each([
    'pull model manifest: Get "https://registry.ollama.ai/v2/library/x/manifests/1b": dial tcp: lookup registry.ollama.ai: no such host',
    'max retries exceeded: Get "https://registry.ollama.ai/v2/x": net/http: TLS handshake timeout',
    'pull model manifest: Get "https://registry.ollama.ai/v2/x": x509: certificate signed by unknown authority',
  ])("a network that does not lead to the library is told as that: %p", (said) => {
    const { message, fix } = problemOf(said, "http://box:11434");
    expect(message).toStartWith("the Ollama at http://box:11434 does not reach its library: ");
    expect(fix).toContain("HTTPS_PROXY");
  });

  test("a runner that is not reached is no matter of the library", () => {
    const said = "llama runner: dial tcp 127.0.0.1:41231: connect: connection refused";
    expect(problemOf(said, "http://box:11434")).toMatchObject({ message: `Ollama says: ${said}`, fix: null });
  });

  test.each(words)("%p means %s", (said, code) => {
    const problem = problemOf(said, "http://box");
    expect(problem.code as string).toBe(code);
    expect(problem.message).toContain(said);
  });
});
