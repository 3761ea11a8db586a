/** Asks a running daemon over its control socket. Thread: any. */
import http from 'node:http';
import { ExitCode } from '../cli/exit-codes';
import { Failure } from '../cli/failure';

/** A daemon that takes longer is stuck. */
export const CONTROL_ANSWER_MS = 5_000;

/**
 * @param methodAndPath as `ControlRoutes` has it: `'GET /status'`
 * @returns what the route answered
 * @throws {Failure} FAILURE with the daemon's own words; NO_ANSWER if nothing came in time, or nobody listens
 */
export async function ask<T>(socketPath: string, methodAndPath: string, body?: unknown): Promise<T> {
  const [method, path] = methodAndPath.split(' ');
  const { status, text } = await exchange(socketPath, method, path, body);
  const answer = JSON.parse(text);
  if (status === 200) return answer as T;
  const { message, remedy } = answer.error as { message: string; remedy?: string };
  throw new Failure(status === 504 ? ExitCode.NO_ANSWER : ExitCode.FAILURE, message, { remedy });
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new Failure(ExitCode.NO_ANSWER, `The daemon does not answer at ${socketPath}: ${why}.`, {
          remedy: 'ringcast stop --force ends it.',
          cause,
        }),
      );
    const request = http.request({
      socketPath,
      method,
      path,
      signal: AbortSignal.timeout(CONTROL_ANSWER_MS),
    });
    request.on('response', async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode ?? 0, text });
      } catch (error) {
        fail((error as Error).message, error);
      }
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const late = error.name === 'AbortError' || error.name === 'TimeoutError';
      fail(late ? `nothing came within ${CONTROL_ANSWER_MS / 1000} s` : (error.code ?? error.message), error);
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
