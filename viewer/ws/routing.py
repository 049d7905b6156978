"""Route of the one WebSocket."""

from django.urls import path

from viewer.ws.consumer import StreamConsumer

websocket_urlpatterns = [path("ws/stream", StreamConsumer.as_asgi())]
