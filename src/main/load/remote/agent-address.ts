/** Where an agent is. */

/** The agents' default port. */
export const AGENT_PORT = 7070;

export interface AgentAddress {
  host: string;
  port: number;
  /** As it is written: `10.0.0.7:7070`. */
  name: string;
}

/** @param text `host`, `host:port`, `[::1]:port`. @throws {RangeError} */
export function parseAgentAddress(text: string): AgentAddress {
  const match = /^(?:\[([0-9a-f:.%\w]+)\]|([^\s:[\]/@]+))(?::(\d{1,5}))?$/i.exec(text.trim());
  const port = Number(match?.[3] ?? AGENT_PORT);
  if (match === null || port > 65_535) {
    throw new RangeError(
      `${JSON.stringify(text)} is no address of an agent: it must be host:port, such as 10.0.0.7:${AGENT_PORT} or [::1]:${AGENT_PORT}`,
    );
  }
  const host = (match[1] ?? match[2]) as string;
  return { host, port, name: `${match[1] === undefined ? host : `[${host}]`}:${port}` };
}
