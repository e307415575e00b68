import { createHash } from "node:crypto";

/** A library of models with one in it, as Ollama pulls from; `http://HOST/library/tiny:latest`. */
export interface FakeRegistry {
  readonly model: string;
  /** The ranges of the weights that were asked for: first bytes. */
  readonly starts: readonly number[];
  /** From now on the weights stop after this many bytes, and hang; null sends them whole. */
  hangAfter(bytes: number | null): void;
  stop(): void;
}

const CONFIG_TYPE = "application/vnd.docker.container.image.v1+json";
const MODEL_TYPE = "application/vnd.ollama.image.model";

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function hanging(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.enqueue(bytes) });
}

/** Starts one with these weights. Source of the routes: the OCI distribution specification, as Ollama uses it. */
export function startRegistry(weights: Uint8Array): FakeRegistry {
  const config = new TextEncoder().encode(JSON.stringify({ model_format: "gguf", model_family: "llama", os: "linux" }));
  const blobs = new Map([weights, config].map((bytes) => [digestOf(bytes), bytes]));
  const layer = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    config: layer(CONFIG_TYPE, config),
    layers: [layer(MODEL_TYPE, weights)],
  };
  const starts: number[] = [];
  let most: number | null = null;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request): Response {
      const { pathname } = new URL(request.url);
      if (pathname === "/v2/library/tiny/manifests/latest") return Response.json(manifest);
      const bytes = blobs.get(pathname.slice("/v2/library/tiny/blobs/".length));
      if (bytes === undefined) return new Response("unknown", { status: 404 });
      const length = String(bytes.byteLength);
      if (request.method === "HEAD") return new Response(null, { headers: { "content-length": length } });
      // Ollama first asks where the blob really lies, which must be another host, and there for ranges of it.
      const range = request.headers.get("range");
      if (range === null) return Response.redirect(`http://localhost:${new URL(request.url).port}${pathname}`, 307);
      const [, first = "0", last = String(bytes.byteLength - 1)] = /bytes=(\d+)-(\d*)/.exec(range) ?? [];
      const part = bytes.subarray(Number(first), Number(last || bytes.byteLength - 1) + 1);
      if (bytes === weights) starts.push(Number(first));
      const body = bytes === weights && most !== null ? hanging(part.subarray(0, most)) : part;
      return new Response(body, { status: 206, headers: { "content-range": `bytes ${first}-${last}/${length}` } });
    },
  });
  return {
    model: `http://127.0.0.1:${server.port}/library/tiny:latest`,
    starts,
    hangAfter: (bytes) => (most = bytes),
    stop: () => server.stop(true),
  };
}
