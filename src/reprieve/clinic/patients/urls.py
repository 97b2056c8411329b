"""Addresses of patients."""

from django.urls import path

from reprieve.clinic.patients.views import assessing, history, medicines, people

app_name = "patients"
_P = "patients/<uuid:patient_id>/"
_E = f"{_P}eligibility/<uuid:protocol_id>/"
urlpatterns = [
    path("patients/", people.patients, name="list"),
    path("patients/add/", people.add, name="add"),
    path(_P, people.overview, name="page"),
    path(f"{_P}edit/", people.edit, name="edit"),
    path(f"{_P}weight/", people.weigh, name="weigh"),
    path(f"{_P}weight/<int:weight_id>/", people.weigh_again, name="weigh_again"),
    path(f"{_P}contacts/", history.contacts, name="contacts"),
    path(f"{_P}medicines/", medicines.medicines, name="medicines"),
    path(f"{_P}medicines/add/", medicines.add, name="add_medicine"),
    path(f"{_P}medicines/<uuid:medication_id>/dose/", medicines.dose, name="dose"),
    path(f"{_P}medicines/<uuid:medication_id>/stop/", medicines.stop, name="stop_medicine"),
    path(f"{_P}eligibility/", assessing.eligibility, name="eligibility"),
    path(f"{_P}eligibility/choose/", assessing.chosen, name="choose"),
    path(_E, assessing.eligibility, name="eligibility_for"),
    path(f"{_E}screen/", assessing.ask, name="screen"),
    path(f"{_E}override/", assessing.override, name="override"),
    path(f"{_E}decide/", assessing.decide, name="decide"),
    path(f"{_E}workup/", assessing.enter, name="result"),
    path(f"{_P}workup/<int:result_id>/strike/", assessing.strike, name="strike_result"),
    path(f"{_P}rems/", assessing.rems, name="rems"),
]
for sort in history.SORTS:
    row = f"{_P}{sort.name}/<uuid:row_id>/"
    urlpatterns += [
        path(f"{_P}{sort.name}/add/", history.adding(sort), name=f"add_{sort.name}"),
        path(row, history.changing(sort), name=f"change_{sort.name}"),
        path(f"{row}end/", history.ending(sort), name=f"end_{sort.name}"),
    ]
