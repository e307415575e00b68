import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createNotifier } from "../../src/host/notify.ts";
import { temporaryFolder } from "./temporary.ts";

const python = Bun.which("python3");
const RECEIVER = `
import os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
receiver.bind("\\0" + name[1:] if name[0] == "@" else name)
receiver.settimeout(8)
os.write(1, b"bound\\n")
for _ in range(int(sys.argv[2])):
    print(repr(receiver.recv(65536)), flush=True)
`;

async function received(name: string, count: number, send: () => void): Promise<string[]> {
  const child = Bun.spawn([python ?? "python3", "-c", RECEIVER, name, String(count)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.getReader();
  const first = await reader.read();
  expect(Buffer.from(first.value ?? []).toString()).toBe("bound\n");
  send();
  let text = "";
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read())
    text += Buffer.from(chunk.value).toString();
  return text.trimEnd().split("\n");
}

const canReceive = process.platform === "linux" && python !== null;

describe("the service notifier", () => {
  test.if(canReceive)("speaks to a socket at a path (skipped without python3 on Linux)", async () => {
    using folder = temporaryFolder();
    const name = join(folder.path, "notify");
    const notifier = createNotifier({ NOTIFY_SOCKET: name });
    const lines = await received(name, 4, () => {
      notifier.ready("serving on http://127.0.0.1:4000");
      notifier.status("3 requests\nopen");
      notifier.watchdog();
      notifier.stopping("draining");
    });
    expect(lines).toEqual([
      "b'READY=1\\nSTATUS=serving on http://127.0.0.1:4000'",
      "b'STATUS=3 requests open'",
      "b'WATCHDOG=1'",
      "b'STOPPING=1\\nSTATUS=draining'",
    ]);
  });

  test.if(canReceive)("speaks to an abstract socket (skipped without python3 on Linux)", async () => {
    const name = `@lodestar-test-${process.pid}`;
    const notifier = createNotifier({ NOTIFY_SOCKET: name });
    expect(await received(name, 1, () => notifier.watchdog())).toEqual(["b'WATCHDOG=1'"]);
  });

  for (const name of [undefined, "", "relative", "vsock:2:1234", `/${"x".repeat(120)}`, "/nowhere/at/all"]) {
    test(`does nothing, and does not fail, when the socket is ${String(name).slice(0, 20)}`, () => {
      const notifier = createNotifier({ NOTIFY_SOCKET: name });
      notifier.ready("up");
      notifier.watchdog();
      notifier.stopping("down");
      expect(notifier.watchdogMs).toBeNull();
    });
  }

  test("halves the watchdog's interval, and only for the process it is meant for", () => {
    expect(createNotifier({ WATCHDOG_USEC: "30000000" }).watchdogMs).toBe(15_000);
    expect(createNotifier({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: String(process.pid) }).watchdogMs).toBe(15_000);
    expect(createNotifier({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" }).watchdogMs).toBeNull();
    expect(createNotifier({ WATCHDOG_USEC: "soon" }).watchdogMs).toBeNull();
  });
});
