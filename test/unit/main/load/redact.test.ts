import { redactPlan, redactUrl } from '../../../../src/main/load/redact';
import { resolvePlan } from '../../../../src/main/load/resolve-plan';

describe('a plan in a result', () => {
  it('shows no password, token, header or key, and no line of somebody’s messages', () => {
    const secret = 'hunter2';
    const plan = resolvePlan({
      url: `wss://me:${secret}@example.net/feed?access_token=${secret}&room=5`,
      headers: { Authorization: `Bearer ${secret}` },
      tls: { key: secret, cert: secret, ca: secret },
      payload: { lines: [secret] },
    });
    const shown = redactPlan(plan);
    expect(JSON.stringify(shown)).not.toContain(secret);
    expect(shown.connect.headers).toEqual({ Authorization: '…' });
    expect(shown.connect.url).toBe('wss://…@example.net/feed?access_token=…&room=5');
    expect(shown.connect.publishUrl).toBe(shown.connect.url);
  });

  it('leaves a URL without secrets as it is', () => {
    for (const url of ['ws://127.0.0.1:80/a?b=c%20d', '', 'no url']) expect(redactUrl(url)).toBe(url);
  });
});
