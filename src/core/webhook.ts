/** Where a webhook leads, for people and logs: paths and queries of such URLs are often secrets themselves. */
export function hostOfWebhook(url: string): string {
  return URL.parse(url)?.host ?? "webhook";
}
