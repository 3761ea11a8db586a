/** The configuration file that `ringcast config init` writes: valid, and changes nothing until a line is uncommented. */
export const CONFIG_TEMPLATE = `# Settings of a hub, for: ringcast start --config FILE, ringcast run --config FILE
# Flags and the environment (RINGCAST_PORT, …) go before this file. A reload (ringcast reload, SIGHUP) changes
# what is marked "live"; the rest needs a restart. All options: docs/options.md. Sizes: 65536, 64KiB, 1MiB.

# host: 127.0.0.1            # address to listen on; 0.0.0.0: all of this machine
# port: 8080                 # 0: any free one
# path: /                    # path under which the channels lie

# maxConnections: 5000       # live. More get HTTP 503
# maxMessageBytes: 64KiB     # live, for connections to come. The longest message of a peer
# maxOutboundBytes: 256MiB   # live. Memory for connections that are behind, all together
# pingIntervalMs: 25000      # live
# pongTimeoutMs: 8000        # live
# serviceHangMs: 5000        # live
# maxServiceRestarts: 5
# closeDeadlineMs: 10000     # live. At the end peers that are not done by then are cut
# closeSpreadMs: 1000        # live. At the end peers are told over this time, not all at once

# origins: same-host         # live. Pages that may connect: same-host, any, or [https://app.example.com]
# requireOrigin: false       # live. true: refuse who sends no Origin, all that is no browser
# tokenFile: ./tokens        # peers need one of its tokens, one a line
# maxConnectionsPerAddress: 100   # live
# trustedProxies: [10.0.0.0/8]    # live. They say the client's address: X-Forwarded-For

# ring:
#   laneBytes: 1MiB          # a power of two; the longest message is almost half of it
#   maxProducers: 64

# channels:                  # without it any name is allowed
#   ticks: {}                # all defaults
#   orders:
#     slow: wait             # disconnect: a peer that falls behind is cut; wait: producers wait for it; skip, conflate: it misses messages
#     maxLagBytes: 4MiB      # live
#     maxLagMs: 10000        # live
#     handler: ./orders.mjs  # module for the service thread; paths are meant from this file's folder
#   "*": {}                  # every other name

# tls:                       # serve wss:
#   key: ./key.pem
#   cert: ./cert.pem

# log:
#   levels: notice           # live. err, warn, notice, info or debug, and what is more severe
#   file: ./ringcast.log
#   syslog: true             # or an address, such as udp://host:514; then the file gets what is printed
`;
