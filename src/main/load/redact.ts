/** A plan as the result may show it: what could be a secret is left out. Pure. */
import type { LoadPlan } from '../../shared/load/plan';

const HIDDEN = '…';
/** Names of parameters whose values are passwords more often than not. */
const SECRET_NAME = /token|key|secret|auth|pass|sig|jwt|session|credential|ticket/i;

export function redactPlan(plan: LoadPlan): LoadPlan {
  const { connect, payload } = plan;
  const hidden = (text: string | undefined) => (text === undefined ? undefined : HIDDEN);
  return {
    ...plan,
    // Lines are messages of somebody's, and there may be a million of them.
    payload: payload.fill.kind === 'lines' ? { ...payload, fill: { kind: 'lines', lines: [] } } : payload,
    connect: {
      ...connect,
      url: redactUrl(connect.url),
      publishUrl: redactUrl(connect.publishUrl),
      headers: Object.fromEntries(Object.keys(connect.headers).map((name) => [name, HIDDEN])),
      tls: {
        ...connect.tls,
        ca: hidden(connect.tls.ca),
        cert: hidden(connect.tls.cert),
        key: hidden(connect.tls.key),
      },
    },
  };
}

export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const secret = [...url.searchParams.keys()].filter((name) => SECRET_NAME.test(name));
  if (url.username === '' && url.password === '' && secret.length === 0) return text;
  if (url.username !== '' || url.password !== '') {
    url.username = HIDDEN;
    url.password = '';
  }
  for (const name of secret) url.searchParams.set(name, HIDDEN);
  return url.href.replaceAll(encodeURIComponent(HIDDEN), HIDDEN);
}
