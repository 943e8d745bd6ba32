import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as every JSON route answers it: what was wrong and how to mend it. */
export function problem(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return c.json({ error: { code, message } }, status);
}

/** The JSON of a request of at most `limitBytes`, also once it is unpacked; undefined where it is larger or no JSON. */
export async function readJson(request: Request, limitBytes: number): Promise<unknown> {
  const length = Number(request.headers.get("content-length") ?? "0");
  if (length > limitBytes || request.body === null) return undefined;
  const isPacked = request.headers.get("content-encoding") === "gzip";
  // A body is never longer than it says that it is: what says so, and is not packed, need not be counted.
  if (length > 0 && !isPacked) return parsed(await request.text());
  const body = isPacked ? request.body.pipeThrough(new DecompressionStream("gzip")) : request.body;
  try {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > limitBytes) return undefined;
      chunks.push(chunk);
    }
    return parsed(await new Blob(chunks).text());
  } catch {
    // Not packed as it says: the caller says what was expected.
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON: the caller says what was expected.
    return undefined;
  }
}
