# SPDX-License-Identifier: BSD-2-Clause
package Bailey::Test::Machine;

# A Debian 12 of our own, booted by its systemd in namespaces: processes, mounts,
# name, network (loopback only) and control groups apart from the machine's, whose
# kernel settings it can only read.  As root.
#
#	my $machine = Bailey::Test::Machine->new($folder, packages => [qw(postfix)], deb => $path);
#	$machine->boot;
#	my ($status, $output) = $machine->run('systemctl', 'is-system-running');

use v5.32;
use warnings;
use Bailey::Test::Process;
use Bailey::Test::Tools;

# What a mail filter's host need not do to the one it stands on.
use constant FORBIDDEN => join ',', map { "-$_" }
    qw(sys_boot sys_module sys_rawio sys_time syslog mac_admin mac_override);

# Into $1; from here on the tree is /.  It gets a control group that is the root of all it sees.
use constant BOOT => <<'END';
set -eu
root=$1 group=$2
mount --bind "$root" "$root"
mount -t cgroup2 cgroup2 "$root/mnt"
mkdir "$root/mnt/$group"
echo $$ >"$root/mnt/$group/cgroup.procs"
umount "$root/mnt"
exec unshare --cgroup --ipc --kill-child --net --pid --uts sh -c "$3" sh "$root" "$4"
END
use constant FIRST => <<'END';
set -eu
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in full null random tty urandom zero; do
	touch "dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
pivot_root . mnt
exec env -i container=bailey PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set "$2" sh -c 'umount -l /mnt && exec /lib/systemd/systemd'
END

my %booted;

# packages, and what the package in deb needs, lie in its cache: booted, it has no network.
sub new {
	my ($class, $folder, %is) = @_;
	my $self = bless { root => "$folder/root", folder => $folder, group => "bailey-$$" }, $class;
	my $fetch = join ' ', 'chroot "$1" apt-get -qq --download-only --no-install-recommends install',
	    '/package.deb', @{ $is{packages} // [] };
	my $log = "$folder/mmdebstrap.log";
	my $process = Bailey::Test::Process->start($log, 'mmdebstrap', '--variant=minbase',
	    '--include=systemd-sysv,dbus', '--dpkgopt=force-unsafe-io', '--skip=cleanup/apt',
	    "--customize-hook=copy-in $is{deb} /", "--customize-hook=mv \"\$1\"/*.deb \"\$1/package.deb\"",
	    "--customize-hook=$fetch", 'bookworm', $self->{root});
	my $status = $process->wait(600);
	die "mmdebstrap fails:\n", slurp($log) if !defined $status || $status != 0;
	$self->write('/etc/hostname', "mx.example.org\n");
	$self->write('/etc/hosts', "127.0.0.1 localhost\n");
	# No terminals, whose names would be the machine's.
	symlink '/dev/null', "$self->{root}/etc/systemd/system/$_" for qw(getty.target console-getty.service);
	return $self;
}

sub boot {
	my ($self) = @_;
	$booted{$self} = $self;
	$self->{process} = Bailey::Test::Process->start("$self->{folder}/boot.log",
	    qw(unshare --mount --propagation private sh -c), BOOT, 'sh', $self->{root}, $self->{group},
	    FIRST, FORBIDDEN);
	# The processes above it wait for systemd.
	my $children = sprintf '/proc/%d/task/%1$d/children', $self->{process}->pid;
	wait_until {
		!$self->{process}->alive || (slurp($children) =~ /(\d+)/
			&& -e "/proc/$1/comm" && slurp("/proc/$1/comm") eq "systemd\n" && ($self->{init} = $1));
	};
	die "it does not boot:\n", $self->{process}->log if !$self->{init};
	wait_until {
		!$self->{process}->alive || ($self->run('systemctl', 'is-system-running'))[1] =~ /running|degraded/;
	} or die "it does not boot\n";
	return;
}

# Enters namespaces: all of them, or those named.
sub entry {
	my ($self, @namespaces) = @_;
	return ('nsenter', '-t', $self->{init}, @namespaces ? @namespaces : qw(--all --root --wdns=/));
}

# The command in it; exit status and all it printed.
sub run {
	my ($self, @command) = @_;
	open my $out, '-|', $self->entry, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8',
	    'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', 'exec "$@" 2>&1 </dev/null', 'sh', @command
	    or die "nsenter: $!\n";
	my $text = join '', <$out>;
	close $out;
	return ($? >> 8, $text);
}

# A path in it, as we see it.
sub path { my ($self, $path) = @_; return ($self->{init} ? "/proc/$self->{init}/root" : $self->{root}) . $path }

sub write { my ($self, $path, $text) = @_; return spew($self->path($path), $text) }

# Everything in it ends with its first process, and that with the test.
sub halt {
	my ($self) = @_;
	kill 'KILL', delete $self->{init} // return;
	$self->{process}->wait(PATIENCE);
	system qw(unshare --mount sh -c), 'mount -t cgroup2 cgroup2 /mnt && find /mnt/"$1" -depth -type d -exec rmdir {} +',
	    'sh', $self->{group};
	return;
}
END { my $status = $?; $_->halt for values %booted; $? = $status }

1;
