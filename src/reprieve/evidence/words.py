"""The words that study files may use: awareness, splits, units, kinds of spread."""

SPLITS = ("calibration", "validation", "none")
AWARENESS = (
    "open",
    "aware_active",
    "blinded_crossover",
    "midazolam_control",
    "saline_control",
    "nasal_placebo",
    "new_ad_active",
    "new_ad_placebo",
    "masked",
    "oral_open",
    "placebo_pill",
)
# keys that only simulated designs carry; engine.trials.design checks what they hold
SIMULATED_ARM = (
    "regimens",
    "treatments",
    "completes",
    "later_awareness",
    "maintenance",
    "weekly_visits",
)
SIMULATED_STUDY = ("group", "follow_up", "pooled", "first_line", "stands_for")
HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0, "day": 24.0, "week": 168.0, "month": 730.5}
RATES = frozenset({"response_rate", "remission_rate", "relapse_free", "relapse_rate"})
# a value lies inside these; SD, SE and the like are distances
INTERVALS = frozenset({"CI95", "CI90", "CrI95", "range", "IQR"})
SPREADS = INTERVALS | {
    "SD",
    "SE",
    "geometric_SD",
    "CV%",
    "p",
    "digitisation_error",
    "ROC",
    "as_printed",
    "other",
}
_PLAIN = """
% points pp ratio OR RR NNT SMD r R p fraction 1 indicator beta change
min h d days weeks months
mg mg/kg mg/d kg L L/h L/h/y L/min L/min/kg mL/min/kg 1/h 1/min
ng/mL ug/mL mg/L nmol/mL umol/L uM nM ng*h/mL ng*min/mL ug*h/L/mg
mmHg bpm cm count cases treatments infusions sessions visits
"""
UNITS = frozenset(_PLAIN.split()) | {
    "per 1000",
    "per 1000 sessions",
    "mg/d diazepam eq",
    "of 12",
    "SD of change",
}
