import { open } from "node:fs/promises";
import { type GgufHeader, readGguf } from "../../core/gguf/gguf.ts";
import { factsOfGguf, shapeOfGguf } from "../../core/gguf/shape.ts";
import type { LocalProblem, ShapeView } from "../../core/local-view.ts";
import { failure, type Result, success } from "../../core/result.ts";

/** Most headers are vocabularies of some MiB; they are read in doubling pieces. */
const FIRST_BYTES = 4 * 1024 * 1024;
/** No header in use is nearly as long. */
const MOST_BYTES = 256 * 1024 * 1024;

function bad(path: string, message: string): Result<never, LocalProblem> {
  const fix = "download it again; `lodestar local pull` checks what it downloads";
  return failure({ code: "bad_gguf", message: `${path} is no usable GGUF file: ${message}`, fix });
}

async function readHeader(path: string): Promise<Result<GgufHeader, LocalProblem>> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    for (let length = Math.min(FIRST_BYTES, size); ; ) {
      const prefix = new Uint8Array(length);
      const { bytesRead } = await file.read(prefix, 0, length, 0);
      const look = readGguf(prefix.subarray(0, bytesRead), size);
      if (!look.ok) return bad(path, `${look.error.message} (${look.error.kind} at byte ${look.error.offset})`);
      if (look.value.kind === "header") return success(look.value.header);
      const { bytes } = look.value;
      if (bytes > MOST_BYTES || bytesRead < length) return bad(path, "its header has no end");
      length = Math.min(size, Math.max(bytes, 2 * length));
    }
  } finally {
    await file.close();
  }
}

/** What a plan needs of the model in a file; only its header is read. A file that cannot be opened throws. */
export async function readModelFile(path: string, name: string): Promise<Result<ShapeView, LocalProblem>> {
  const header = await readHeader(path);
  if (!header.ok) return header;
  const shape = shapeOfGguf(header.value);
  if (!shape.ok) return bad(path, shape.error.message);
  return success({ name, source: "file", shape: shape.value, facts: factsOfGguf(header.value) });
}
