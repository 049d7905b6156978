"""The ASGI application: static files and the pixel lane ahead of Django for HTTP, the stream for WebSockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from viewer.ws.routing import websocket_urlpatterns

from config.pixel_lane import PixelLane

application = ProtocolTypeRouter(
    {
        "http": PixelLane(django_application),
        "websocket": URLRouter(websocket_urlpatterns),
    }
)
