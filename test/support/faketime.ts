/** The library that steps a process's wall clock, as Debian's package libfaketime has it; undefined without it. */
import { existsSync, readdirSync } from 'node:fs';

export const FAKETIME = existsSync('/usr/lib')
  ? readdirSync('/usr/lib')
      .map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`)
      .find((file) => existsSync(file))
  : undefined;
