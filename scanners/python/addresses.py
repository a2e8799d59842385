"""The functions that use the network: what opens a connection, what sends, what only fetches, what looks names up.

Data only. Libraries that are not spelled out are judged by the last word of the call, see `SENDING` and `RECEIVING`.
"""

import re
from typing import Final

from scanners.python.calls import spread

_VERBS = "get head options delete post put patch"
_CLIENTS = (
    "requests requests.Session() requests.session() httpx httpx.Client() httpx.AsyncClient() aiohttp.ClientSession() "
    "urllib3 httpx2 requests_futures.sessions.FuturesSession() requests_html.HTMLSession() niquests niquests.Session() "
    "requests.create_scraper() treq asks grequests tls_client.Session() requests_toolbelt.sessions.BaseUrlSession() "
    "requests_cache.CachedSession() requests_oauthlib.OAuth2Session() pyodide.http primp.Client() "
    "aiohttp.client.ClientSession() discord.ext.commands.Bot().http._HTTPClient__session"
)
_REQUESTS = (
    "urllib3.PoolManager() urllib3.HTTPConnectionPool() urllib3.HTTPSConnectionPool() urllib3.ProxyManager() "
    "urllib3.connectionpool.HTTPSConnectionPool() httplib2.Http()"
)

NETWORK_CALLS: Final = {
    **{f"{client}.{verb}": "verb" for client in _CLIENTS.split() for verb in _VERBS.split()},
    **{f"{client}.{verb}": "request" for client in (*_CLIENTS.split(), *_REQUESTS.split())
       for verb in ("request", "stream", "build_request", "ws_connect") if verb != "ws_connect"},
    **{f"{client}.ws_connect": "connect_url" for client in _CLIENTS.split()},
    **spread("""
verb: urllib.request.urlopen urllib.urlopen urllib.request.build_opener().open urllib.request.OpenerDirector().open
verb: urllib.request.URLopener().open mechanize.Browser().open wget urllib3.request feedparser.parse pandas.read_html
prepare: urllib.request.Request requests.Request httpx.Request aiohttp.ClientRequest
download: urllib.request.urlretrieve urllib.urlretrieve wget.download urllib.request.URLopener().retrieve
download: gdown.download huggingface_hub.hf_hub_download urllib.request.FancyURLopener().retrieve
client: httpx.Client httpx.AsyncClient aiohttp.ClientSession requests.Session requests.session
client_path: http.client.HTTPConnection http.client.HTTPSConnection urllib3.HTTPSConnectionPool
client_path: urllib3.HTTPConnectionPool urllib3.connection_from_url
request_path: http.client.HTTPConnection().request http.client.HTTPSConnection().request
request_path: http.client.HTTPSConnection().putrequest http.client.HTTPConnection().putrequest
connect: socket.create_connection asyncio.open_connection asyncio.open_unix_connection smtplib.SMTP smtplib.SMTP_SSL
connect: ftplib.FTP ftplib.FTP_TLS telnetlib.Telnet imaplib.IMAP4_SSL imaplib.IMAP4 poplib.POP3_SSL pysftp.Connection
connect: paramiko.Transport trio.open_tcp_stream anyio.connect_tcp
connect: nntplib.NNTP socks.create_connection irc.client.Reactor
connect_url: websocket.create_connection websockets.connect websocket.WebSocketApp xmlrpc.client.ServerProxy
connect_url: websockets.sync.client.connect websockets.client.connect
connect_url: socketio.Client().connect socketio.AsyncClient().connect
connect_url: zmq.Context().socket().connect jsonrpclib.ServerProxy Pyro4.Proxy rpyc.connect grpc.insecure_channel
connect_url: discord.Webhook.from_url discord.SyncWebhook.from_url slack_sdk.webhook.WebhookClient
connect_url: slack_sdk.WebhookClient discord_webhook.DiscordWebhook dhooks.Webhook pymsteams.connectorcard
connect_url: discord_webhook.AsyncDiscordWebhook signalrcore.hub_connection_builder.HubConnectionBuilder().with_url
connect_socket: socket.socket().connect socket.socket().connect_ex paramiko.SSHClient().connect
connect_socket: smtplib.SMTP().connect
loop_connect: asyncio.get_event_loop(): sock_connect create_connection create_datagram_endpoint create_unix_connection
loop_receive: asyncio.get_event_loop(): sock_recv sock_recvfrom sock_recv_into
loop_send: asyncio.get_event_loop(): sock_sendall sock_sendto sock_sendfile
loop_listen: asyncio.get_event_loop(): create_server create_unix_server
connect_socket: ftplib.FTP().connect socks.socksocket().connect
connect_socket: paho.mqtt.client.Client().connect socket.SocketType().connect asyncssh.connect
listen: socket.socket().bind asyncio.start_server http.server.HTTPServer socketserver.TCPServer
listen: http.server.ThreadingHTTPServer socketserver.ThreadingTCPServer socketserver.UDPServer socket.create_server
listen: xmlrpc.server.SimpleXMLRPCServer flask.Flask().run uvicorn.run aiohttp.web.run_app websockets.serve
listen: asyncio.start_unix_server wsgiref.simple_server.make_server
accept: socket.socket().accept
lookup: socket: gethostbyname gethostbyname_ex getaddrinfo gethostbyaddr getnameinfo
lookup: dns.resolver: resolve query resolve_at
lookup: dns.resolver.Resolver().resolve dns.resolver.Resolver().query dns.asyncresolver.resolve
lookup: aiodns.DNSResolver().query dns.query.udp asyncio.get_event_loop().getaddrinfo pycares.Channel().query
wrap: ssl.wrap_socket ssl.create_default_context().wrap_socket ssl.SSLContext().wrap_socket
wrap: ssl._create_unverified_context().wrap_socket ssl.create_default_context.wrap_socket
curl: pycurl.Curl().setopt
perform: pycurl.Curl().perform
"""),
}  # fmt: skip

# Libraries whose calls are judged by their last word.
LIBRARIES: Final = frozenset(
    [
        "socket",
        "smtplib",
        "ftplib",
        "telnetlib",
        "websocket",
        "websockets",
        "socketio",
        "paho",
        "pika",
        "kafka",
        "zmq",
        "xmlrpc",
        "imaplib",
        "boto3",
        "aioboto3",
        "dropbox",
        "telebot",
        "telegram",
        "aiogram",
        "pyrogram",
        "telethon",
        "slack_sdk",
        "slack",
        "slackclient",
        "discord_webhook",
        "dhooks",
        "pysftp",
        "paramiko",
        "asyncssh",
        "github",
        "gitlab",
        "pushbullet",
        "mega",
        "pymsteams",
        "pastebin",
        "matrix_client",
        "nio",
        "nntplib",
        "trio",
        "anyio",
        "irc",
        "twilio",
        "sendgrid",
        "mailgun",
        "pyairtable",
        "gspread",
        "pydrive",
        "pydrive2",
        "googleapiclient",
        "azure",
        "minio",
        "b2sdk",
        "scapy",
        "impacket",
        "firebase_admin",
        "pyrebase",
        "ably",
        "pusher",
        "nats",
        "aiosmtplib",
        "yagmail",
        "pymongo",
        "rpyc",
        "Pyro4",
        "requests_toolbelt",
        "grpc",
    ]
)
# In libraries that bots are made with, only these parts send to somewhere else than the bot's own conversation.
WEBHOOKS: Final = re.compile(r"(Sync)?Webhook|PartialMessageable")
SENDING: Final = re.compile(
    r"(send|sendall|sendto|sendmsg|sendfile|publish|basic_publish|emit|produce|upload|put|store|post|stor|execute"
    r"|transmit|write|push|append_row)$"
    r"|(send_|upload_|put_|post_|create_gist|create_file|create_issue|add_file|files_upload|chat_post|insert_|stor"
    r"|append_row|set_content|sendmail|sr1$|sr$)"
)
RECEIVING: Final = re.compile(
    r"(recv|recvfrom|recv_into|recvmsg|receive|read|readline|readexactly|readuntil|read_until|fetch|get|consume|poll"
    r"|retr\w*|search|makefile|basic_get|get_\w+|download\w*|read_some|read_all|read_very_eager|receive_\w+|find|find_one"
    r"|getmessage|uid)$"
)
# Words of a call's arguments that carry no data: where to, and how.
CONTROLS: Final = frozenset(
    [
        "timeout",
        "verify",
        "cert",
        "allow_redirects",
        "stream",
        "proxies",
        "proxy",
        "ssl",
        "context",
        "method",
        "url",
        "follow_redirects",
        "trust_env",
        "raise_for_status",
        "capath",
        "cafile",
        "hooks",
        "to_addrs",
        "from_addr",
        "mail_options",
        "rcpt_options",
        "base_url",
        "http2",
        "limits",
        "transport",
        "connector",
        "trace_configs",
        "loop",
        "cookie_jar",
        "version",
        "max_redirects",
        "compress",
        "chunked",
        "read_bufsize",
        "retries",
        "redirect",
        "preload_content",
        "decode_content",
        "event_hooks",
        "default_encoding",
        "impersonate",
        "auto_decompress",
    ]
)
# Hosts that answer with the caller's own address.
WHO_AM_I: Final = re.compile(
    r"(?:api\d*\.ipify|ifconfig\.(?:me|co)|ip-api\.com|ipinfo\.io|icanhazip|checkip\.|ident\.me|myip|ipapi\.co"
    r"|wtfismyip|ipecho|api\.my-ip|ipwho|geoip|freegeoip|geolocation-db|ip\.42\.pl|jsonip|ipgeolocation)"
)
