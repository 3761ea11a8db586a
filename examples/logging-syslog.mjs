// The log into syslog. The argument is an address: /dev/log, udp://127.0.0.1:514, tcp://127.0.0.1:601, unix-stream:/path.
// Without it: standard error, with the prefixes that systemd's journal reads.
import { createHub, emitSyslog, openSyslog, setLogLevel } from 'ringcast';

const syslog = openSyslog({ ident: 'my-hub', facility: 'local0', address: process.argv[2] ?? 'stderr' });
setLogLevel('info', emitSyslog);

const hub = await createHub();
await hub.close();

await syslog.close(); // hands over what waits
console.log(`by ${syslog.transport}: ${JSON.stringify(syslog.stats())}`);
