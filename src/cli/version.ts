import { EXIT_CODES } from "../terminal/exit-code.ts";
import { COMMIT } from "../version.ts";
import { defineCommand } from "./command.ts";
import { jsonFlag } from "./shared-flags.ts";

export const command = defineCommand({
  meta: { name: "version", description: "This program's version and what it was built from", group: "More" },
  args: { ...jsonFlag },
  async run({ args, terminal, version }) {
    const build = {
      version,
      commit: COMMIT,
      runtime: `bun ${Bun.version}`,
      platform: `${process.platform}-${process.arch}`,
    };
    if (args.json) terminal.out(JSON.stringify(build));
    else terminal.out(`lodestar ${version} (${build.commit}, ${build.runtime}, ${build.platform})`);
    return EXIT_CODES.ok;
  },
});
