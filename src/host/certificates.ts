import { readFileSync } from "node:fs";
import { failure, type Result, success } from "../core/result.ts";
import { errorText } from "./private-file.ts";

/** The certificates that `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE` name, as PEM; the error says which file is wrong and how. */
export function extraCertificates(
  env: Readonly<Record<string, string | undefined>>,
): Result<readonly string[], string> {
  const found: string[] = [];
  for (const name of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]) {
    const path = env[name] ?? "";
    if (path === "") continue;
    try {
      const certificates = readFileSync(path, "utf8").match(
        /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
      );
      if (certificates === null) return failure(`${name} names ${path}, which holds no certificate in PEM form.`);
      found.push(...certificates);
    } catch (error) {
      return failure(`${name} names ${path}, which cannot be read: ${errorText(error)}.`);
    }
  }
  return success(found);
}

/**
 * The authorities to trust where there are more than the built-in ones: a list takes the place of those, so they are in it. Empty
 * without `own`: the built-in ones hold by themselves then, and to list them takes 10 ms and 2 MB.
 */
export function allAuthorities(own: readonly string[] = []): readonly string[] {
  // An import would make that list at the start of every process.
  return own.length === 0 ? [] : [...process.getBuiltinModule("node:tls").rootCertificates, ...own];
}
