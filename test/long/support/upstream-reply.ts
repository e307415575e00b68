import type { Fault } from "../../../src/core/fault.ts";
import { failure, success } from "../../../src/core/result.ts";
import type { UpstreamReply } from "../../../src/host/upstream/upstream.ts";
import type { UpstreamAnswer } from "./answers.ts";

const CUT: Fault = { kind: "truncated", message: "The upstream broke off." };

/** An answer as the gateway sees one. */
export function replyWith(answer: UpstreamAnswer): UpstreamReply {
  return {
    status: answer.status,
    header: (name) => (name === "content-type" ? answer.contentType : null),
    reader() {
      const rest = answer.chunks.values();
      return {
        async read() {
          const { value } = rest.next();
          if (value === undefined && answer.isCut) throw new Error("cut");
          return { value };
        },
      };
    },
    async text() {
      if (answer.isCut) return failure(CUT);
      try {
        return success(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(answer.chunks)));
      } catch {
        return failure({ kind: "garbage", message: "The upstream sent text that is not UTF-8." });
      }
    },
    cancel: () => undefined,
    faultOf: () => CUT,
  };
}
