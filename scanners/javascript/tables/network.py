"""Rows for what connects, sends, fetches, listens and looks up names.

Data only.
"""

from typing import Final

from scanners.facts import Act, Label
from scanners.javascript.effects import ALL, Effect, Table, same, under, words

RESPONSE: Final = "http.Response#"
REQUEST: Final = "http.ClientRequest#"
SOCKET: Final = "net.Socket#"
CLIENT: Final = "http.Client#"
ASKS: Final = Effect(Act.NETWORK_FETCH, special="request", gives=(Label.NETWORK,), becomes=RESPONSE, callback=1)
ASKS_RAW: Final = Effect(Act.NETWORK_FETCH, special="request", gives=(Label.NETWORK,), becomes=REQUEST, callback=0)
POSTS: Final = Effect(Act.NETWORK_SEND, special="request", gives=(Label.NETWORK,), becomes=RESPONSE, callback=1)
SENDS: Final = Effect(Act.NETWORK_SEND, "this", data=ALL, special="send")
CHAINS: Final = Effect(Act.NETWORK_SEND, "this", data=ALL, special="chain")
CONNECTS: Final = Effect(Act.NETWORK_CONNECT, special="connect", becomes=SOCKET, gives=(Label.NETWORK,), callback=9)
LISTENS: Final = Effect(Act.NETWORK_LISTEN, special="listen", callback=9)
SERVES: Final = Effect(special="serve", becomes="http.Server#", gives=(Label.NETWORK,), callback=0)
LOOKS_UP: Final = Effect(Act.NETWORK_LOOKUP, 0, data=(0,), gives=(Label.NETWORK,), callback=1)
TALKS: Final = Effect(Act.NETWORK_SEND, "this", data=ALL, special="named_send")

QUEUES: Final = Effect(Act.NETWORK_CONNECT, special="connect", becomes="queue#", gives=(Label.NETWORK,), callback=9)

VERBS: Final = "get head options request stream paginate"
SENDING: Final = "post put patch delete postForm putForm patchForm"
LIBRARIES: Final = words(
    "axios axios.default got got.default request request-promise request-promise-native superagent needle phin ky",
    "ky.default cross-fetch node-fetch isomorphic-fetch node-fetch-native make-fetch-happen undici bent centra",
    "unirest wretch ofetch minipass-fetch urllib request-promise-any fetch global.fetch sync-request sync-fetch",
    "snekfetch httpie simple-get",
)


def rows_of_libraries() -> Table:
    """Return the rows every HTTP client library shares."""
    table: Table = {}
    for name in LIBRARIES:
        table[name] = ASKS
        table.update(under(name, ASKS, VERBS + " fetch concat"))
        table.update(under(name, POSTS, SENDING + " del"))
        table.update(
            under(name, Effect(special="client", becomes=CLIENT), "create extend defaults.extend instance defaults")
        )
    return table


NETWORK: Final[Table] = {
    **rows_of_libraries(),
    **under(CLIENT.rstrip("."), ASKS, VERBS + " fetch"),
    **under(CLIENT, POSTS, SENDING),
    CLIENT: ASKS,
    **same(ASKS_RAW, "http.request http.get http2.request"),
    "http2.connect": Effect(Act.NETWORK_CONNECT, special="connect", becomes="http2.Session#", gives=(Label.NETWORK,)),
    "http2.Session#.request": Effect(Act.NETWORK_SEND, "this", data=ALL, becomes=REQUEST, special="send"),
    **under(REQUEST, SENDS, "write end send setHeader appendHeader"),
    **under(RESPONSE, CHAINS, "send set field attach query auth write end form json attachFile"),
    **same(CONNECTS, "net.connect net.createConnection tls.connect net.Socket#.connect ssh2.Client#.connect"),
    "net.Socket": Effect(becomes=SOCKET, special="socket"),
    "tls.TLSSocket": Effect(becomes=SOCKET, special="socket"),
    **under(SOCKET, SENDS, "write end send emit"),
    "dgram.createSocket": Effect(becomes="dgram.Socket#", special="socket"),
    "dgram.Socket#.send": Effect(Act.NETWORK_SEND, special="datagram", data=(0,)),
    "dgram.Socket#.bind": LISTENS,
    **same(SERVES, "http.createServer net.createServer tls.createServer http2.createServer http2.createSecureServer"),
    **same(
        SERVES,
        "http.Server express fastify koa hapi.server polka restify.createServer net.Server ws.WebSocketServer",
    ),
    **same(SERVES, "ws.Server socket.io socket.io.Server koa.default fastify.default Bun.serve"),
    "http.Server#.listen": LISTENS,
    **same(
        Effect(Act.NETWORK_CONNECT, 0, special="connect", becomes=SOCKET, gives=(Label.NETWORK,)),
        "WebSocket ws ws.WebSocket",
    ),
    **same(
        Effect(Act.NETWORK_CONNECT, 0, special="connect", becomes=SOCKET, gives=(Label.NETWORK,)), "socket.io-client"
    ),
    **same(
        Effect(Act.NETWORK_CONNECT, 0, special="connect", becomes=SOCKET, gives=(Label.NETWORK,)), "socket.io-client.io"
    ),
    **same(
        Effect(Act.NETWORK_CONNECT, 0, special="connect", becomes=SOCKET, gives=(Label.NETWORK,)),
        "EventSource mqtt.connect",
    ),
    **same(
        QUEUES,
        "redis.createClient ioredis ioredis.Redis ioredis.default amqplib.connect nats.connect",
    ),
    **same(QUEUES, "kafkajs.Kafka zeromq.socket zeromq.Subscriber zeromq.Pull pusher-js ably.Realtime faye.Client"),
    **same(QUEUES, "stompjs.client @stomp/stompjs.Client centrifuge.Centrifuge sockjs-client reconnecting-websocket"),
    **same(QUEUES, "websocket.client websocket.w3cwebsocket irc.Client irc-framework.Client tmi.js.Client"),
    "mqtt.connectAsync": QUEUES,
    "answer#": TALKS,
    **under("queue#", TALKS, "publish sendToQueue say emit"),
    **same(Effect(special="socket", becomes="xhr#"), "XMLHttpRequest xmlhttprequest.XMLHttpRequest xhr2"),
    "xhr#.open": Effect(Act.NETWORK_CONNECT, 1, data=(1,), special="open"),
    **under("xhr#", SENDS, "send setRequestHeader"),
    **same(Effect(special="connect", becomes="mail#"), "nodemailer.createTransport nodemailer.default.createTransport"),
    "mail#.sendMail": TALKS,
    **same(Effect(special="connect", becomes="webhook#"), "discord.js.WebhookClient discord-webhook-node.Webhook"),
    **same(
        Effect(special="connect", becomes="webhook#"), "discord-webhooks.WebhookClient @slack/webhook.IncomingWebhook"
    ),
    **under("webhook#", TALKS, "send sendFile setUsername sendSlackMessage editMessage info success warning error"),
    **same(
        Effect(special="connect", becomes="telegram#"),
        "node-telegram-bot-api telegraf.Telegraf telegraf.Telegram grammy.Bot",
    ),
    **same(Effect(special="connect", becomes="telegram#"), "telegraf grammy.Api"),
    **under("telegram#", TALKS, "sendMessage sendDocument sendPhoto sendFile sendMediaGroup sendVideo sendAudio"),
    **under("telegram#.telegram", TALKS, "sendMessage sendDocument sendPhoto sendFile sendMediaGroup"),
    **under("telegram#.api", TALKS, "sendMessage sendDocument sendPhoto sendFile sendMediaGroup"),
    "navigator.sendBeacon": Effect(Act.NETWORK_SEND, 0, data=(0, 1)),
    **same(LOOKS_UP, "dns.lookup dns.resolve dns.resolve4 dns.resolve6 dns.resolveTxt dns.resolveAny dns.resolveMx"),
    **same(LOOKS_UP, "dns.resolveCname dns.reverse dns.resolveSrv dns.resolveNs dns.lookupService native-dns.lookup"),
    **under("dns.Resolver#", LOOKS_UP, "resolve resolve4 resolve6 resolveTxt resolveAny resolveMx resolveCname"),
    "dns.Resolver": Effect(becomes="dns.Resolver#"),
    **same(
        Effect(Act.NETWORK_CONNECT, special="connect", becomes="ftp#"), "basic-ftp.Client ftp jsftp ssh2-sftp-client"
    ),
    **same(Effect(special="socket", becomes="ssh2.Client#"), "ssh2.Client ssh2"),
    "ssh2.Client#.exec": Effect(Act.NETWORK_SEND, "this", data=(0,), gives=(Label.NETWORK,), special="send"),
    **under("ftp#", TALKS, "put upload uploadFrom append fastPut uploadFromDir"),
}
# Senders nobody knows the receiver of: a fact only when something private flows in.
SOFT_SENDERS: Final = words(
    "send reply sendMessage sendDocument sendPhoto sendFile followUp editReply sendMail replyWithDocument",
    "postMessage sendTransaction publish upload uploadFile putObject say",
)
ANSWERS: Final = words("res response reply ctx process worker parentPort ipcRenderer child port")
