import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../../src/core/json.ts";
import {
  decodeCheckpoints,
  decodeDrawFault,
  decodeDrawing,
  decodeProgress,
} from "../../../src/dialects/stable-diffusion/reply.ts";
import { encodeDrawing } from "../../../src/dialects/stable-diffusion/request.ts";
import { greyPng } from "../../support/png.ts";

const JSON_VALUES = fc.jsonValue().map((value) => value as JsonValue);

describe("what is sent", () => {
  test("every size comes out as multiples of 8 within bounds, and is told where it changed", () => {
    fc.assert(
      fc.property(fc.nat(99_999), fc.nat(99_999), (width, height) => {
        const drawn = encodeDrawing({ prompt: "x", size: `${width}x${height}` }, "default");
        if (!drawn.ok) throw new Error(drawn.error.message);
        const { body, warnings } = drawn.value;
        for (const side of [Number(body.width), Number(body.height)]) {
          expect([side % 8, side >= 64, side <= 2_048]).toEqual([0, true, true]);
        }
        expect(warnings.length).toBe(body.width === width && body.height === height ? 0 : 1);
      }),
    );
  });

  test("no field, whatever it holds, makes it throw; what it takes has a prompt and a sensible number of images", () => {
    const names = ["n", "size", "seed", "steps", "quality", "response_format", "cfg_scale", "background"];
    const fields = fc.dictionary(fc.constantFrom(...names), JSON_VALUES);
    fc.assert(
      fc.property(fields, fc.oneof(fc.string(), JSON_VALUES), (more, prompt) => {
        const drawn = encodeDrawing({ ...more, prompt }, "default");
        if (!drawn.ok) expect(drawn.error).toMatchObject({ status: 400, code: "invalid_parameter" });
        else
          expect([drawn.value.body.prompt, drawn.value.count > 0 && drawn.value.count <= 10]).toEqual([prompt, true]);
      }),
    );
  });
});

describe("what comes back", () => {
  test("a PNG of any size is read with its size, with or without its prefix", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        (width, height, has) => {
          const image = greyPng(width, height, 9);
          const drawn = decodeDrawing({ images: [has ? `data:image/png;base64,${image}` : image], info: '{"seed":3}' });
          expect(drawn).toEqual({ ok: true, value: { base64: image, seed: 3, width, height } });
        },
      ),
      { numRuns: 30 },
    );
  });

  test("nothing else is taken for an image, and nothing makes it throw", () => {
    fc.assert(
      fc.property(JSON_VALUES, (json) => {
        expect(decodeDrawing(json).ok).toBe(false);
        decodeProgress(json);
        decodeCheckpoints(json);
      }),
    );
    for (const images of [
      ["iVBORw0KGgo="],
      [`iVBORw0KGgo${"!".repeat(60)}`],
      [`iVBORw0KGgo${"A".repeat(60)}`],
      ["aGk="],
      [7],
      [],
    ]) {
      expect(decodeDrawing({ images })).toMatchObject({ ok: false, error: { kind: "garbage" } });
    }
  });

  test("progress and checkpoints are read, or are not told", () => {
    expect([decodeProgress({ progress: 0.25 }), decodeProgress({ progress: 7 }), decodeProgress(null)]).toEqual([
      0.25,
      null,
      null,
    ]);
    expect(decodeCheckpoints([{ model_name: "sd15" }, { title: "xl" }, 3])).toEqual(["sd15", "xl"]);
    expect(decodeCheckpoints({ detail: "Not Found" })).toBeNull();
  });

  const faults: readonly (readonly [number, string, string, string])[] = [
    [
      500,
      '{"error":"OutOfMemoryError","errors":"CUDA out of memory","detail":""}',
      "upstream-error",
      "CUDA out of memory",
    ],
    [422, '{"detail":"width must be positive"}', "bad-request", "width must be positive"],
    [503, "", "overloaded", "answered 503"],
    [403, '{"detail":"Forbidden"}', "auth", "Forbidden"],
    [404, '{"detail":"Not Found"}', "unsupported", "--api"],
    [502, "<html>Bad Gateway</html>", "upstream-error", "Bad Gateway"],
  ];
  for (const [status, text, kind, words] of faults) {
    test(`a ${status} is a fault of the kind ${kind}, in the server's own words where it has some`, () => {
      const fault = decodeDrawFault(status, text);
      expect(fault.kind).toBe(kind as typeof fault.kind);
      expect(fault.message).toContain(words);
    });
  }
});
