"""Resubmissions: which job corrects which, from the first submission to the last."""

from jobs.models import ImportJob, User

# Nobody corrects an import this often; a loop, which the services cannot make, would end here.
MOST_STEPS = 50


def lineage_of(job: ImportJob, user: User) -> list[ImportJob]:
    """The job with those it corrects and those that correct it, oldest first, as far as the
    person may see them. Two queries for each generation."""
    visible = ImportJob.objects.visible_to(user)
    family = {job.pk: job}
    parent_id = job.resubmission_of_id
    while parent_id and len(family) < MOST_STEPS:
        parent = visible.filter(pk=parent_id).first()
        if parent is None:
            break
        family[parent.pk] = parent
        parent_id = parent.resubmission_of_id
    newest = list(family)
    while newest and len(family) < MOST_STEPS:
        # Asked for alone: of two conditions SQLite would take the other, and read all jobs.
        children = ImportJob.objects.filter(resubmission_of__in=newest).values_list("pk", flat=True)
        new = [pk for pk in children[:MOST_STEPS] if pk not in family]
        found = {child.pk: child for child in visible.filter(pk__in=new)} if new else {}
        family |= found
        newest = list(found)
    return sorted(family.values(), key=lambda member: (member.created_at, member.pk))
