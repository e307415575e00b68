import { defineCommand } from "./command.ts";

export const command = defineCommand({
  meta: {
    name: "ssh",
    description: "Boxes that are reached by SSH: accept their host keys",
    group: "Set up",
    notes: [
      "A provider's `baseUrl: ssh://user@box/127.0.0.1:11434` and a daemon's `--url ssh://user@box` go through tunnels of the system's own OpenSSH; `lodestar status` shows those of the daemon. See docs/ssh.md.",
    ],
  },
  subCommands: { trust: async () => (await import("./ssh-trust.ts")).command },
});
