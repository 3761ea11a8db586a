import http from 'node:http';
import { type PlacementOptions, resolvePlacement } from '../../../src/shared/placement';

const server = http.createServer();
const poll = { addPollFd() {}, delPollFd() {}, setModePollFd() {}, clearModePollFd() {} };

describe('where a hub runs, and who turns it', () => {
  const good: [PlacementOptions, object][] = [
    [{}, { where: 'service thread' }],
    [{ drive: 'auto', serviceThread: true }, { where: 'service thread' }],
    [{ serviceThread: false }, { where: 'this thread', drive: 'auto', server: undefined }],
    [{ server }, { where: 'this thread', drive: 'auto', server }],
    [
      { server, serviceThread: false },
      { where: 'this thread', drive: 'auto', server },
    ],
    [{ drive: 'manual' }, { where: 'this thread', drive: 'manual', server: undefined }],
    [
      { server, drive: 'manual', poll },
      { where: 'this thread', drive: 'manual', server, poll },
    ],
    [
      { drive: 'manual', serviceThread: false },
      { where: 'this thread', drive: 'manual' },
    ],
  ];
  it.each(good)('%#: follows from the options', (options, placement) => {
    expect(resolvePlacement(options)).toMatchObject(placement);
  });

  const bad: [unknown, typeof TypeError, string][] = [
    [{ drive: 'hand' }, RangeError, `drive is "hand": it must be 'auto' or 'manual'`],
    [{ serviceThread: 1 }, TypeError, 'serviceThread is 1: it must be true or false'],
    [{ server, serviceThread: true }, TypeError, 'node cannot move them to another; leave serviceThread out'],
    [
      { drive: 'manual', serviceThread: true },
      TypeError,
      "serviceThread is true: drive: 'manual' means that this thread turns the hub; leave serviceThread out",
    ],
    [{ onWork() {} }, TypeError, "onWork is for drive: 'manual': with drive: 'auto' the hub turns itself"],
    [{ server, poll }, TypeError, "poll is for drive: 'manual'"],
    [{ drive: 'manual', onWork: 'x' }, TypeError, 'onWork is string: it must be a function'],
    [
      { drive: 'manual', poll: null },
      TypeError,
      'poll.addPollFd must be a function: poll needs addPollFd, delPollFd',
    ],
    [{ drive: 'manual', poll: { ...poll, delPollFd: 1 } }, TypeError, 'poll.delPollFd must be a function'],
    [{ server: null }, TypeError, 'server is null: it must be an http.Server or https.Server'],
    [{ server: 8080 }, TypeError, 'server is number: '],
    [
      { server, port: 0 },
      TypeError,
      'port goes with a hub that listens: leave it to the server that you pass',
    ],
    [{ server, tls: {} }, TypeError, 'tls goes with a hub that listens'],
  ];
  it.each(bad)('%#: is refused where options do not go together', (options, kind, message) => {
    const resolve = () => resolvePlacement(options as PlacementOptions);
    expect(resolve).toThrow(kind);
    expect(resolve).toThrow(message);
  });
});
