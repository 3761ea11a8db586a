import { withoutSecrets } from '../../../../../src/workers/service/handshake/secrets';

describe('a text for the log', () => {
  it('carries nothing of the query, of cookies or of tokens', () => {
    const request = {
      url: '/ticks?token=s3cret%20token&x=1',
      channel: 'ticks',
      headers: {
        authorization: 'Bearer abc.def.ghi',
        cookie: 'session=0123456789; b=2',
        host: 'hub.example',
      },
      remoteAddress: '192.0.2.1',
      protocols: [],
      secure: false,
    };
    const text =
      'bad s3cret token / s3cret%20token in abc.def.ghi of hub.example, cookie session=0123456789 or 0123456789';
    expect(withoutSecrets(text, request)).toBe('bad … / … in … of hub.example, cookie … or …');
  });
});
