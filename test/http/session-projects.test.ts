import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSessionProjects } from "../../src/http/session-projects.ts";

describe("what sessions stated", () => {
  test("is kept until they state something else, each key's apart", () => {
    const memory = createSessionProjects();
    const ours = { keyId: "key_1", session: "s" };
    expect(memory.projectOf(ours, null)).toBeNull();
    expect(memory.projectOf(ours, "web")).toBe("web");
    expect(memory.projectOf(ours, null)).toBe("web");
    expect(memory.projectOf(ours, "docs")).toBe("docs");
    expect(memory.projectOf(ours, null)).toBe("docs");
    expect(memory.projectOf({ keyId: "key_2", session: "s" }, null)).toBeNull();
    expect(memory.projectOf({ keyId: null, session: "s" }, null)).toBeNull();
    expect(memory.projectOf({ keyId: "key_1", session: null }, null)).toBeNull();
  });

  test("is forgotten for the session that was used longest ago, and no other key pays for it", () => {
    const memory = createSessionProjects(2);
    memory.projectOf({ keyId: "quiet", session: "a" }, "kept");
    memory.projectOf({ keyId: "busy", session: "a" }, "web");
    memory.projectOf({ keyId: "busy", session: "b" }, "web");
    memory.projectOf({ keyId: "busy", session: "a" }, null);
    memory.projectOf({ keyId: "busy", session: "c" }, "web");
    const left = ["a", "b", "c"].filter((session) => memory.projectOf({ keyId: "busy", session }, null) !== null);
    expect(left).toEqual(["a", "c"]);
    expect(memory.projectOf({ keyId: "quiet", session: "a" }, null)).toBe("kept");
  });

  test("is kept for so many keys", () => {
    const memory = createSessionProjects(2, 2);
    for (const keyId of ["one", "two", "three"]) memory.projectOf({ keyId, session: "s" }, "web");
    const left = ["one", "two", "three"].filter((keyId) => memory.projectOf({ keyId, session: "s" }, null) !== null);
    expect(left).toEqual(["two", "three"]);
  });

  test("is, with room enough, always what the session stated last", () => {
    const anyRequest = fc.record({
      keyId: fc.constantFrom("key_1", "key_2", null),
      session: fc.constantFrom("a", "b", null),
      stated: fc.constantFrom("web", "docs", null),
    });
    fc.assert(
      fc.property(fc.array(anyRequest), (requests) => {
        const memory = createSessionProjects();
        const last = new Map<string, string>();
        for (const { keyId, session, stated } of requests) {
          const place = `${keyId}/${session}`;
          if (session !== null && stated !== null) last.set(place, stated);
          expect(memory.projectOf({ keyId, session }, stated)).toBe(stated ?? last.get(place) ?? null);
        }
      }),
    );
  });
});
