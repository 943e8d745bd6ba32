import { request } from "node:http";

/** Asks the embedded server's operator over its Unix socket. Throws with the operator's own words where it refuses. */
export function askOperator<T>(socketPath: string, path: string, body: object): Promise<T> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, path, method: "POST", headers: { "content-type": "application/json", host: "operator" } },
      (answer) => {
        let heard = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => (heard += chunk));
        answer.on("end", () => {
          if (answer.statusCode === 200) resolve(JSON.parse(heard));
          else reject(new Error(`the operator refused ${path}: ${heard}`));
        });
      },
    );
    call.on("error", reject);
    call.end(text);
  });
}
