"""Signing a consent, and taking it back."""

from reprieve.clinic.actor import Actor
from reprieve.clinic.acts import act
from reprieve.clinic.audit.chain import lock
from reprieve.clinic.consents.models import Consent, Withdrawal
from reprieve.clinic.consents.signature import Signature
from reprieve.clinic.consents.sober import not_now
from reprieve.clinic.consents.wording import digest, wording
from reprieve.clinic.errors import RefusedError, WitnessError
from reprieve.clinic.patients.actions.own import own, reasoned
from reprieve.clinic.patients.models import Patient
from reprieve.clinic.patients.models.people import folded
from reprieve.clinic.protocols.models import ProtocolVersion


def printed(patient: Patient) -> str:
    """The patient's name as a signature prints it."""
    return f"{patient.given_name} {patient.family_name}"


def sign(
    by: Actor,
    patient: Patient,
    version: ProtocolVersion,
    *,
    text_digest: str,
    patient_signature: Signature,
    witness_name: str,
    witness_capacity: str,
    witness_signature: Signature,
) -> Consent:
    """Store a consent that patient and witness have just signed. Needs `consent.record`.

    Parameters
    ----------
    text_digest : of the text that was on the screen; another text is refused
    patient_signature, witness_signature : from `signature.signature`
    witness_name : printed; the patient is no witness
    witness_capacity : one of `Consent.Capacity`

    Raises
    ------
    RefusedError
        The patient is or was just sedated, the text was changed meanwhile, or there is none.
    WitnessError
        The witness is the patient, or has no name.
    """
    by.require("consent.record")
    own(by, patient)
    text = wording(version.protocol)
    if text is None:
        raise RefusedError("The protocol holds no consent text; add one before anybody signs.")
    if digest(text) != text_digest:
        raise RefusedError("The text is not the one that was shown; open the page and read again.")
    if not witness_name.strip():
        raise WitnessError("The witness has no name; print it beside the signature.")
    if folded(witness_name) == folded(printed(patient)):
        raise WitnessError("The patient cannot witness their own signature; ask somebody else.")
    with act(by, "consent.record", "sign consent", patient=patient.pk) as log:
        if why := not_now(patient, version.protocol, by.now):
            raise RefusedError(why)
        row = Consent(
            stream=f"consent:{patient.pk}",
            patient=patient,
            protocol_version=version,
            text=text,
            text_version=text["version"],
            text_digest=text_digest,
            patient_name=printed(patient),
            patient_signature=patient_signature,
            witness_name=" ".join(witness_name.split()),
            witness_capacity=witness_capacity,
            witness_signature=witness_signature,
            signed_at=by.now,
            explained_by=by.user,
            explained_by_name=by.user.signature_name,
        ).append()
        log.on = row
        log.detail = {"title": text["title"], "version": text["version"], "digest": text_digest}
    return row


def withdraw(by: Actor, consent: Consent, reason: str) -> Withdrawal:
    """Record that the patient took a consent back: possible at any time, also while sedated.

    Raises
    ------
    RefusedError
        It was withdrawn already, or nothing says how the patient did so.
    """
    by.require("consent.record")
    own(by, consent.patient)
    why = reasoned(reason, "A withdrawal")
    with act(by, "consent.record", "withdraw consent", patient=consent.patient_id) as log:
        lock(consent.stream)
        if Withdrawal.objects.filter(consent=consent).exists():
            raise RefusedError("This consent was withdrawn already.")
        log.on = row = Withdrawal.objects.create(
            consent=consent, at=by.now, by=by.user, by_name=by.user.signature_name, reason=why
        )
        log.detail = {"consent": str(consent.pk), "reason": why}
    return row
