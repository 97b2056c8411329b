"""Addresses of the controlled-drug ledger."""

from django.urls import path

from reprieve.clinic.ledger.views import counts, losses, moves, register, stock

app_name = "ledger"
urlpatterns = [
    path("drugs/", stock.home, name="home"),
    path("drugs/rules/", stock.rules, name="rules"),
    path("drugs/lots/<uuid:lot_id>/", stock.lot, name="lot"),
    path("drugs/vials/<uuid:vial_id>/", stock.vial, name="vial"),
    path("drugs/receive/", moves.receive, name="receive"),
    path("drugs/vials/<uuid:vial_id>/break/", moves.breakage, name="break"),
    path("drugs/vials/<uuid:vial_id>/waste/", moves.waste, name="waste"),
    path("drugs/vials/<uuid:vial_id>/send-back/", moves.send_back, name="send_back"),
    path("drugs/rows/<uuid:entry_id>/reverse/", moves.reverse, name="reverse"),
    path("drugs/counts/", counts.listing, name="counts"),
    path("drugs/counts/opening/", counts.opening, name="count_opening"),
    path("drugs/counts/closing/", counts.closing, name="count_closing"),
    path("drugs/counts/inventory/", counts.inventory, name="count_inventory"),
    path("drugs/vials/<uuid:vial_id>/count/", counts.spot, name="count_vial"),
    path("drugs/counts/<uuid:count_id>/", counts.count, name="count"),
    path("drugs/counts/<uuid:count_id>/pdf/", counts.count_pdf, name="count_pdf"),
    path("drugs/counts/lines/<uuid:line_id>/", counts.explain, name="explain"),
    path("drugs/losses/", losses.listing, name="losses"),
    path("drugs/losses/new/", losses.report, name="loss_new"),
    path("drugs/losses/<uuid:loss_id>/", losses.loss, name="loss"),
    path("drugs/losses/<uuid:loss_id>/pdf/", losses.loss_pdf, name="loss_pdf"),
    path("drugs/register/", register.page_, name="register"),
    path("drugs/register/csv/", register.csv_, name="register_csv"),
    path("drugs/register/pdf/", register.pdf_, name="register_pdf"),
    path("drugs/signals/", register.signals_, name="signals"),
]
