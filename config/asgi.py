"""The ASGI application: static files and the pixel lane ahead of Django for HTTP, the stream for WebSockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from archive.dicomweb.stow import StowRouter
from config.lifespan import lifespan
from config.pixel_lane import PixelLane
from viewer.ws.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": PixelLane(StowRouter(django_application)),
        "lifespan": lifespan,
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
